package io.github.attention4j.viz.cli;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.ModelPort;
import io.github.attention4j.multimodal.checkpoint.Npy;
import io.github.attention4j.multimodal.text.Tokenizer;
import io.github.attention4j.viz.explain.ExplainableModel;
import io.github.attention4j.viz.explain.Explainer;
import io.github.attention4j.viz.explain.Given;
import io.github.attention4j.viz.explain.InputMapping;
import io.github.attention4j.viz.explain.Positions;
import io.github.attention4j.viz.explain.VocabularyConfig;
import io.github.attention4j.viz.report.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a model of another maker reads, as a user gives it. */
final class ReadOptions {
  private static final int MOST_WRITTEN = 24;

  @Option(
      names = "--text",
      paramLabel = "TEXT",
      description = "The text; the same as TEXT without a name.")
  private Optional<String> text = Optional.empty();

  @Option(names = "--pair", paramLabel = "TEXT", description = "The second text of a pair.")
  private Optional<String> pair = Optional.empty();

  @Option(
      names = "--target",
      paramLabel = "TEXT",
      description =
          "What the decoder of an encoder-decoder has written; without it, it writes up to 24 tokens by itself, the most "
              + "likely one each time.")
  private Optional<String> target = Optional.empty();

  @Option(
      names = "--ids",
      paramLabel = "N",
      split = ",",
      description = "Instead of a text: the numbers of its tokens, as in 101,2023,102.")
  private List<Long> ids = List.of();

  @Option(
      names = "--image",
      paramLabel = "FILE",
      description = "A picture; preprocessor_config.json beside the model says how it is prepared.")
  private Optional<Path> image = Optional.empty();

  @Option(
      names = "--input",
      paramLabel = "NAME=FILE.npy",
      description = "An array for the input of this name; may be repeated.")
  private Map<String, Path> arrays = new LinkedHashMap<>();

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description =
          "A Hugging Face tokenizer.json or its folder; the one beside the model if not given.")
  private Optional<Path> tokenizer = Optional.empty();

  @Option(
      names = "--words",
      description = {
        "Show whole words: attention to a word is the sum over its pieces, attention from a word the mean. Words are the "
            + "tokenizer's own; special tokens stay."
      })
  private boolean words;

  @Option(
      names = "--layers",
      paramLabel = "N",
      split = ",",
      description = "Only these layers, from 0.")
  private List<Integer> layers = List.of();

  @Option(
      names = "--heads",
      paramLabel = "N",
      split = ",",
      description = "Only these heads, from 0.")
  private List<Integer> heads = List.of();

  @Option(
      names = "--norms",
      description =
          "Also write the lengths of the weighted, projected values (Kobayashi et al. 2020).")
  private boolean norms;

  List<Integer> layers() {
    return layers;
  }

  List<Integer> heads() {
    return heads;
  }

  boolean norms() {
    return norms;
  }

  Optional<String> text() {
    return text;
  }

  /** The names of what is given besides a text and arrays of a file. */
  List<String> inputsBesidesText() {
    List<String> given = new ArrayList<>();
    pair.ifPresent(_ -> given.add("--pair"));
    target.ifPresent(_ -> given.add("--target"));
    if (!ids.isEmpty()) {
      given.add("--ids");
    }
    image.ifPresent(_ -> given.add("--image"));
    if (!arrays.isEmpty()) {
      given.add("--input");
    }
    return given;
  }

  /** The names of what is given that says how a text is read. */
  List<String> readings() {
    List<String> given = new ArrayList<>();
    tokenizer.ifPresent(_ -> given.add("--tokenizer"));
    if (words) {
      given.add("--words");
    }
    return given;
  }

  /** The tokenizer that is named, or the one beside the model, or none. */
  Optional<Tokenizer> tokenizer(Path folder) throws IOException {
    if (tokenizer.isPresent()) {
      return Optional.of(Tokenizer.load(tokenizer.get()));
    }
    boolean beside = Files.isRegularFile(folder.resolve("tokenizer.json"));
    return beside ? Optional.of(Tokenizer.load(folder)) : Optional.empty();
  }

  /**
   * What a run showed, and the picture as the model saw it.
   *
   * @param picture none without one
   */
  record Shown(Explainer.Explained explained, Optional<Picture> picture) {}

  /**
   * Runs a model on what is given.
   *
   * @param folder where its tokenizer and configuration may lie
   * @param whole the text
   * @param more arrays that are given in one file
   */
  Shown explain(
      ExplainableModel model, Path folder, Optional<String> whole, Map<String, NdArray> more)
      throws IOException {
    if (whole.isPresent() && !ids.isEmpty()) {
      throw new IllegalArgumentException("text: expected either a text or --ids, got both");
    }
    VocabularyConfig vocabulary = VocabularyConfig.beside(folder);
    Optional<Tokenizer> tokens = tokenizer(folder);
    try {
      GivenText given = new GivenText(tokens, vocabulary, folder);
      boolean reads = InputMapping.readsText(model.inputs());
      boolean writes = InputMapping.writesText(model.inputs());
      refuseIdle(model, whole, reads, writes);
      Positions source = reads ? given.source(whole, pair, ids) : null;
      Positions written =
          !writes
              ? null
              : reads ? given.target(target) : given.onlyTarget(target.or(() -> whole), ids);
      Optional<ReadImage> read =
          image.isEmpty() ? Optional.empty() : Optional.of(ReadImage.of(image.get(), folder));
      Map<String, NdArray> all = new LinkedHashMap<>(more);
      for (Map.Entry<String, Path> entry : arrays.entrySet()) {
        all.put(entry.getKey(), Npy.read(entry.getValue()));
      }
      Tensor pixels = read.map(ReadImage::pixels).orElseGet(() -> pixels(all));
      Map<String, String> facts = new LinkedHashMap<>();
      whole.ifPresent(value -> facts.put("text", value));
      pair.ifPresent(value -> facts.put("pair", value));
      target.ifPresent(value -> facts.put("target", value));
      image.ifPresent(file -> facts.put("image", String.valueOf(file.getFileName())));
      boolean writesItself = reads && writes && target.isEmpty();
      Explainer.Explained explained =
          new Explainer(model, tokens, vocabulary, words)
              .explain(
                  new Given(source, written, pixels, all, vocabulary.pad()),
                  writesItself ? MOST_WRITTEN : 0,
                  facts);
      return new Shown(explained, read.map(ReadImage::picture));
    } finally {
      tokens.ifPresent(Tokenizer::close);
    }
  }

  /** Refuses what the model would not read: a run must not leave out what was asked for. */
  private void refuseIdle(
      ExplainableModel model, Optional<String> whole, boolean reads, boolean writes) {
    for (long id : ids) {
      if (id < 0) {
        throw new IllegalArgumentException("ids: expected numbers >= 0, got " + id);
      }
    }
    List<String> idle = new ArrayList<>();
    if (!reads && !writes) {
      whole.ifPresent(_ -> idle.add("a text"));
      target.ifPresent(_ -> idle.add("--target"));
      if (!ids.isEmpty()) {
        idle.add("--ids");
      }
    } else if (!writes) {
      target.ifPresent(_ -> idle.add("--target"));
    }
    if (!reads) {
      pair.ifPresent(_ -> idle.add("--pair"));
    }
    if (image.isPresent() && !InputMapping.readsPicture(model.inputs())) {
      idle.add("--image");
    }
    if (!idle.isEmpty()) {
      throw new IllegalArgumentException(
          "inputs: the model reads "
              + model.inputs().stream().map(ModelPort::name).toList()
              + ", nothing that would come from "
              + String.join(" or ", idle));
    }
  }

  /** A picture that is given as an array. */
  private static @Nullable Tensor pixels(Map<String, NdArray> arrays) {
    return arrays.get("pixel_values") instanceof Tensor given && given.shape().rank() == 4
        ? given
        : null;
  }
}
