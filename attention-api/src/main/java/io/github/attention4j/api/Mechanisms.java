package io.github.attention4j.api;

/** Checks that mechanisms share. */
final class Mechanisms {
  private Mechanisms() {}

  /** Full, Lengths, optionally Causal, or a conjunction of these. */
  static void checkSimple(Scope scope, boolean causal) {
    boolean simple =
        switch (scope) {
          case Scope.Full _, Scope.Lengths _ -> true;
          case Scope.Causal _ -> causal;
          case Scope.And(var scopes) -> {
            scopes.forEach(each -> checkSimple(each, causal));
            yield true;
          }
          default -> false;
        };
    if (!simple) {
      throw new IllegalArgumentException(
          "scope: expected full, "
              + (causal ? "causal, " : "")
              + "lengths, or an and of these, got "
              + scope);
    }
  }
}
