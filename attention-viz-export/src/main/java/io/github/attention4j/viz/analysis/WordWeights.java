package io.github.attention4j.viz.analysis;

import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Attention between words instead of pieces of words: weights *to* the pieces of a word are added,
/// weights *from* them averaged, so that rows still sum to 1 (Clark et al. 2019, arXiv:1906.04341,
/// section 4.1). Special tokens belong to no word and drop out.
public final class WordWeights {
  private WordWeights() {}

  /// Which word every token belongs to, or -1: the letters of the tokens, one after the other, are
  /// the letters of the words.
  ///
  /// Case, accents that a tokenizer removes, and its marks for beginnings of words do not count.
  ///
  /// @throws IllegalArgumentException if the tokens are not these words
  public static int[] align(List<String> words, Labels tokens) {
    int[] wordOf = new int[tokens.size()];
    Arrays.fill(wordOf, -1);
    int word = 0;
    StringBuilder left = new StringBuilder(words.isEmpty() ? "" : letters(words.getFirst()));
    for (int token = 0; token < tokens.size(); token++) {
      String text = tokens.texts().get(token);
      String letters = letters(text);
      if (isSpecial(text) || letters.isEmpty()) {
        continue;
      }
      while (left.isEmpty() && word + 1 < words.size()) {
        left.append(letters(words.get(++word)));
      }
      boolean unknown = isUnknown(text);
      if (!unknown && !left.toString().startsWith(letters)) {
        throw new IllegalArgumentException(
            "tokens: expected the words "
                + words
                + ", got '"
                + text
                + "' at "
                + token
                + " where '"
                + left
                + "' is left");
      }
      wordOf[token] = word;
      left.delete(0, unknown ? left.length() : letters.length());
    }
    return wordOf;
  }

  /// `[words][words]` of one head.
  ///
  /// @param wordOf from [#align]
  static double[][] of(AttentionMap map, int head, int[] wordOf, int words) {
    HeadWeights weights = HeadWeights.of(map, head);
    double[][] sums = new double[words][words];
    int[] pieces = new int[words];
    float[] row = new float[weights.keys()];
    for (int query = 0; query < weights.queries(); query++) {
      int from = wordOf[query];
      if (from < 0) {
        continue;
      }
      pieces[from]++;
      weights.row(query, row);
      for (int key = 0; key < row.length; key++) {
        if (wordOf[key] >= 0) {
          sums[from][wordOf[key]] += row[key];
        }
      }
    }
    for (int word = 0; word < words; word++) {
      for (int key = 0; pieces[word] > 0 && key < words; key++) {
        sums[word][key] /= pieces[word];
      }
    }
    return sums;
  }

  /// The position of the largest value besides `self`, -1 if all are 0.
  static int best(double[] values, int self) {
    int best = -1;
    for (int i = 0; i < values.length; i++) {
      if (i != self && values[i] > 0 && (best < 0 || values[i] > values[best])) {
        best = i;
      }
    }
    return best;
  }

  static List<AttentionMap> selfAttention(List<AttentionMap> maps) {
    List<AttentionMap> own = new ArrayList<>();
    for (AttentionMap map : maps) {
      if (Sequences.same(map) && map.keys().kind() == Labels.Kind.TOKEN) {
        own.add(map);
      }
    }
    return own;
  }

  private static boolean isSpecial(String token) {
    return !isUnknown(token)
        && token.length() > 2
        && ((token.startsWith("[") && token.endsWith("]"))
            || (token.startsWith("<") && token.endsWith(">")));
  }

  private static boolean isUnknown(String token) {
    return token.equals("[UNK]") || token.equals("<unk>");
  }

  private static String letters(String text) {
    String bare = text.startsWith("##") && text.length() > 2 ? text.substring(2) : text;
    return java.text.Normalizer.normalize(bare, java.text.Normalizer.Form.NFD)
        .replaceAll("\\p{Mn}|[\u2581\u0120\u010A\\s]|</w>$", "")
        .toLowerCase(Locale.ROOT);
  }
}
