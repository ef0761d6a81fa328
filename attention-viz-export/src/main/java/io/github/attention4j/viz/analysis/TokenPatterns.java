package io.github.attention4j.viz.analysis;

import io.github.attention4j.api.trace.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/// The cells `[query, key]` where each role would put its weight, for one pair of label rows.
final class TokenPatterns {
  private static final int[] NONE = {};

  private static final Set<String> SEPARATORS =
      Set.of(
          "[sep]",
          "</s>",
          "<sep>",
          "<eos>",
          "<eod>",
          "[eos]",
          "<|endoftext|>",
          "<|end_of_text|>",
          "<|eot_id|>",
          "<|im_end|>",
          "<end_of_turn>",
          "<|end|>");

  /// Marks that subword tokenizers put before or between pieces of words.
  private static final String WORD_MARKS = "[\u2581\u0120\u010A\\s]|^##|</w>$";

  private final Map<Role, int[][]> cells = new HashMap<>();

  private TokenPatterns() {}

  /// @param same whether query `i` stands where key `i` stands
  static TokenPatterns of(Labels queries, Labels keys, boolean same) {
    TokenPatterns patterns = new TokenPatterns();
    boolean texts = keys.kind() == Labels.Kind.TOKEN;
    int length = keys.size();
    patterns.put(Role.FIRST, queries.size(), query -> length > 0 ? new int[] {0} : NONE);
    if (texts) {
      patterns.putFixed(Role.SEPARATOR, queries.size(), keys, TokenPatterns::isSeparator);
      patterns.putFixed(Role.PUNCTUATION, queries.size(), keys, TokenPatterns::isPunctuation);
    }
    if (same) {
      patterns.put(Role.PREVIOUS, length, query -> query > 0 ? new int[] {query - 1} : NONE);
      patterns.put(Role.NEXT, length, query -> query + 1 < length ? new int[] {query + 1} : NONE);
      patterns.put(Role.SELF, length, query -> new int[] {query});
      if (texts) {
        patterns.putRepeats(keys.texts());
      }
    }
    return patterns;
  }

  /// The keys this role looks at from every query, or null where the role makes no sense.
  int @org.jspecify.annotations.Nullable [][] of(Role role) {
    return cells.get(role);
  }

  private void put(Role role, int queries, IntFunction<int[]> keys) {
    int[][] rows = new int[queries][];
    Arrays.setAll(rows, keys);
    cells.put(role, rows);
  }

  private void putFixed(
      Role role, int queries, Labels keys, java.util.function.Predicate<String> is) {
    int[] matching =
        java.util.stream.IntStream.range(0, keys.size())
            .filter(key -> is.test(keys.texts().get(key)))
            .toArray();
    if (matching.length > 0) {
      put(role, queries, query -> matching);
    }
  }

  private void putRepeats(List<String> tokens) {
    Map<String, List<Integer>> seen = new HashMap<>();
    int[][] duplicates = new int[tokens.size()][];
    int[][] inductions = new int[tokens.size()][];
    for (int i = 0; i < tokens.size(); i++) {
      List<Integer> earlier = seen.computeIfAbsent(tokens.get(i), ignored -> new ArrayList<>());
      duplicates[i] = earlier.stream().mapToInt(Integer::intValue).toArray();
      inductions[i] = earlier.stream().mapToInt(j -> j + 1).toArray();
      earlier.add(i);
    }
    cells.put(Role.DUPLICATE, duplicates);
    cells.put(Role.INDUCTION, inductions);
  }

  static boolean isSeparator(String token) {
    return SEPARATORS.contains(token.strip().toLowerCase(Locale.ROOT));
  }

  static boolean isPunctuation(String token) {
    String bare = token.replaceAll(WORD_MARKS, "");
    return !bare.isEmpty() && bare.codePoints().allMatch(TokenPatterns::isPunctuation);
  }

  private static boolean isPunctuation(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          true;
      default -> false;
    };
  }
}
