package io.github.attention4j.viz.bench;

/// How long to measure.
///
/// @param rounds how many figures each contestant gets
/// @param warmUpSeconds the window in which each runs untimed first: at least three of them, more
///   while the compilers are at work
/// @param turnSeconds how long a round of one contestant takes at least, so that the clock's grain
///   does not matter
public record Pace(int rounds, double warmUpSeconds, double turnSeconds) {
  public Pace {
    if (rounds < 1) {
      throw new IllegalArgumentException("rounds: expected >= 1, got " + rounds);
    }
    if (!(warmUpSeconds >= 0 && warmUpSeconds < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("warm-up: expected >= 0, got " + warmUpSeconds);
    }
  }

  /// For the two-minute grid.
  public static Pace quick() {
    return new Pace(5, 0.2, 0.03);
  }

  /// For figures to quote.
  public static Pace thorough() {
    return new Pace(11, 1, 0.1);
  }

  /// The same with another number of rounds.
  public Pace rounds(int newRounds) {
    return new Pace(newRounds, warmUpSeconds, turnSeconds);
  }

  /// The same with another warm-up.
  public Pace warmUp(double newSeconds) {
    return new Pace(rounds, newSeconds, turnSeconds);
  }
}
