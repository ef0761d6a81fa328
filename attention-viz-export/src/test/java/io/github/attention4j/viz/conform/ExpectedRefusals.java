package io.github.attention4j.viz.conform;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;

/**
 * What providers may refuse, and with which reason. Every other refusal is a failure, and so is a
 * row nothing needs.
 */
final class ExpectedRefusals {
  /**
   * One expected refusal.
   *
   * @param provider its id, or {@code *} for all
   * @param cases a regular expression of names of cases
   * @param reason a regular expression that is found in the reason
   */
  private record Row(String provider, String cases, String reason) {
    boolean applies(String id) {
      return provider.equals("*") || provider.equals(id);
    }

    boolean matches(String golden, String detail) {
      return golden.matches(cases) && detail.matches(".*" + reason + ".*");
    }
  }

  private static final List<Row> ROWS =
      List.of(
          new Row("*", "grad_.*", "backward passes are not part of this release"),
          new Row("example", "(?!grad_).*", "example: runs only"));

  private ExpectedRefusals() {}

  static String key(String golden, String detail) {
    return golden + "\n" + detail;
  }

  static boolean covers(String provider, String golden, String detail) {
    return ROWS.stream().anyMatch(row -> row.applies(provider) && row.matches(golden, detail));
  }

  static void requireAll(String provider, List<String> refusals) {
    for (Row row : ROWS) {
      assertTrue(
          !row.applies(provider)
              || refusals.stream()
                  .map(key -> key.split("\n", 2))
                  .anyMatch(parts -> row.matches(parts[0], parts[1])),
          () -> provider + " no longer refuses as " + row);
    }
  }
}
