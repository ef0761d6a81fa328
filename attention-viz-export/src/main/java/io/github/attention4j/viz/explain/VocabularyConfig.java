package io.github.attention4j.viz.explain;

import io.github.attention4j.multimodal.checkpoint.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/// What `generation_config.json` and `config.json` beside a model say of its tokens and classes.
///
/// @param files those that are there, the one that decides first
public record VocabularyConfig(List<Config> files) {
  /** Architectures whose published code starts from the padding. */
  private static final Set<String> START_IS_PAD = Set.of("t5", "mt5", "umt5", "longt5");

  public VocabularyConfig {
    files = List.copyOf(files);
  }

  /// Reads what is there.
  public static VocabularyConfig beside(Path folder) throws IOException {
    List<Config> files = new ArrayList<>();
    for (String name : List.of("generation_config.json", "config.json")) {
      Path file = folder.resolve(name);
      if (Files.isRegularFile(file)) {
        files.add(Config.parse(file.toString(), Files.readAllBytes(file)));
      }
    }
    return new VocabularyConfig(files);
  }

  private OptionalLong first(String... fields) {
    for (String field : fields) {
      for (Config file : files) {
        if (file.has(field) && !file.isArray(field)) {
          return OptionalLong.of(file.integer(field));
        }
      }
    }
    return OptionalLong.empty();
  }

  /// The token that fills up; 0 if none is named.
  public long pad() {
    return first("pad_token_id", "eos_token_id").orElse(0);
  }

  /// The token that a decoder starts from.
  public OptionalLong start() {
    OptionalLong named = first("decoder_start_token_id", "bos_token_id");
    boolean padded =
        files.stream().anyMatch(file -> START_IS_PAD.contains(file.text("model_type", "")));
    return named.isPresent() || !padded ? named : first("pad_token_id");
  }

  /// The token that ends a text; -1 if none is named.
  public long end() {
    return first("eos_token_id").orElse(-1);
  }

  /// What a class is called; its number if it has no name.
  public String label(long number) {
    for (Config file : files) {
      if (file.isObject("id2label")) {
        Map<String, String> labels = file.section("id2label").strings();
        String label = labels.get(Long.toString(number));
        if (label != null) {
          return label;
        }
      }
    }
    return "class " + number;
  }
}
