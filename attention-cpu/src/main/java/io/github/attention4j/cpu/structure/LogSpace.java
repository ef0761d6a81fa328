package io.github.attention4j.cpu.structure;

/// Sums of numbers that are known by their logarithms; −∞ is the logarithm of nothing.
final class LogSpace {
  static final double ZERO = Double.NEGATIVE_INFINITY;

  private LogSpace() {}

  /// $\ln(e^a + e^b)$ without overflow.
  static double add(double a, double b) {
    double larger = Math.max(a, b);
    if (larger == ZERO) {
      return ZERO;
    }
    return larger + Math.log1p(Math.exp(Math.min(a, b) - larger));
  }

  /// $e^{part - whole}$, 0 where there is no part.
  static double share(double part, double whole) {
    return part == ZERO ? 0 : Math.exp(part - whole);
  }
}
