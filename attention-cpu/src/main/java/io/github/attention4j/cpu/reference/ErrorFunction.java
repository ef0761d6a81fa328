package io.github.attention4j.cpu.reference;

/// The Gaussian error function to float64 precision.
final class ErrorFunction {
  private static final double SERIES_LIMIT = 2;
  private static final int FRACTION_TERMS = 80;

  private ErrorFunction() {}

  /// $\Phi(x) = \frac12 \operatorname{erfc}(-x / \sqrt 2)$, the standard normal distribution.
  static double normal(double x) {
    return complement(-x / Math.sqrt(2)) / 2;
  }

  /// $\operatorname{erfc}(x) = 1 - \frac{2}{\sqrt\pi} \int_0^x e^{-t^2} dt$.
  static double complement(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    if (x < 0) {
      return 2 - complement(-x);
    }
    return x < SERIES_LIMIT ? 1 - series(x) : fraction(x);
  }

  /// $\operatorname{erf}(x) = \frac{2}{\sqrt\pi} e^{-x^2} \sum_n \frac{2^n x^{2n+1}}{(2n+1)!!}$;
  /// all terms are positive.
  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; term > sum * 1e-17; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  /// The continued fraction $\operatorname{erfc}(x) = \frac{e^{-x^2}}{\sqrt\pi} \frac{1}{x +
  /// \frac{1/2}{x + \frac{1}{x + …}}}$.
  private static double fraction(double x) {
    double tail = x;
    for (int n = FRACTION_TERMS; n >= 1; n--) {
      tail = x + n / 2.0 / tail;
    }
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
  }
}
