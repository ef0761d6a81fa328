package io.github.attention4j.multimodal;

import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.checkpoint.Config;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The simplest tokenizer a `tokenizer.json` can describe: white space dropped, every other
 * character a token of a word-level vocabulary, special tokens in front.
 */
final class SymbolTokenizer {
  private static final String FILE = "tokenizer.json";

  private final Map<String, Integer> ids;
  private final List<String> tokens;
  private final String unknown;
  private final List<String> first;

  private SymbolTokenizer(Config file) {
    Config model = file.section("model");
    if (!model.text("type", "").equals("WordLevel")) {
      throw model.refuse("type", "WordLevel, one token for every character");
    }
    if (!splitsCharacters(file.section("pre_tokenizer"))) {
      throw file.refuse(
          "pre_tokenizer", "WhitespaceSplit and a split of every character, for single symbols");
    }
    ids = model.section("vocab").wholeNumbers();
    tokens =
        ids.entrySet().stream()
            .sorted(Comparator.comparingInt(Map.Entry::getValue))
            .map(Map.Entry::getKey)
            .toList();
    for (int id = 0; id < tokens.size(); id++) {
      if (ids.getOrDefault(tokens.get(id), -1) != id) {
        throw model.refuse("vocab", "ids from 0 without gaps");
      }
    }
    unknown = model.text("unk_token");
    if (!ids.containsKey(unknown)) {
      throw model.refuse("unk_token", "a token of the vocabulary");
    }
    first = new ArrayList<>();
    if (file.has("post_processor")) {
      for (Config part : file.section("post_processor").sections("single")) {
        part.findSection("SpecialToken").ifPresent(token -> first.add(token.text("id")));
      }
    }
    if (!ids.keySet().containsAll(first)) {
      throw file.refuse("post_processor", "special tokens of the vocabulary");
    }
  }

  static SymbolTokenizer load(Checkpoint checkpoint) throws IOException {
    return new SymbolTokenizer(checkpoint.json(FILE));
  }

  private static boolean splitsCharacters(Config splitter) {
    return splitter.sections("pretokenizers").stream()
        .anyMatch(part ->
            part.text("type", "").equals("Split")
                && part.findSection("pattern")
                    .map(pattern -> pattern.text("Regex", "").equals("."))
                    .orElse(false));
  }

  private static List<String> symbols(String text) {
    return text.codePoints()
        .filter(c -> !Character.isWhitespace(c))
        .mapToObj(Character::toString)
        .toList();
  }

  int size() {
    return tokens.size();
  }

  String token(long id) {
    return tokens.get(Math.toIntExact(id));
  }

  /** The tokens of a text, special ones in front. */
  List<Long> encode(String text) {
    List<String> all = new ArrayList<>(first);
    all.addAll(symbols(text));
    long other = ids.getOrDefault(unknown, 0);
    return all.stream()
        .map(symbol -> ids.containsKey(symbol) ? (long) ids.getOrDefault(symbol, 0) : other)
        .toList();
  }

  /** How many tokens stand before those of the text. */
  int special() {
    return first.size();
  }

  /** The symbols the vocabulary lacks, each once, in order. */
  List<String> unknown(String text) {
    Set<String> missing = new LinkedHashSet<>(symbols(text));
    missing.removeAll(ids.keySet());
    return List.copyOf(missing);
  }
}
