package io.github.attention4j.multimodal.text;

import io.github.attention4j.multimodal.checkpoint.Config;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The entries of a `tokenizer.json`: the model's `vocab`, a map of WordPiece, BPE and WordLevel or
 * Unigram's list of scored pieces, and `added_tokens` above it.
 */
record Vocabulary(Map<String, Integer> ids, Map<Integer, String> pieces, Set<Integer> special) {
  static Vocabulary of(Config file) {
    Config model = file.section("model");
    Map<String, Integer> ids = new HashMap<>();
    if (model.isArray("vocab")) {
      List<String> scored = model.keys("vocab");
      for (int id = 0; id < scored.size(); id++) {
        ids.put(scored.get(id), id);
      }
    } else {
      ids.putAll(model.section("vocab").wholeNumbers());
    }
    Set<Integer> special = new HashSet<>();
    if (file.has("added_tokens")) {
      for (Config token : file.sections("added_tokens")) {
        ids.put(token.text("content"), token.integer("id"));
        if (token.flag("special", false)) {
          special.add(token.integer("id"));
        }
      }
    }
    Map<Integer, String> pieces = new HashMap<>();
    ids.forEach((piece, id) -> pieces.put(id, piece));
    return new Vocabulary(Map.copyOf(ids), Map.copyOf(pieces), Set.copyOf(special));
  }
}
