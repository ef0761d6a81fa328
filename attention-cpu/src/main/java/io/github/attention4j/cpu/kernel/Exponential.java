package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// $e^x$ and what follows from it, lane by lane, in float32.
///
/// $x = n \ln 2 + f$ with $|f| \le \frac{\ln 2}{2}$, $\ln 2$ in two parts so that $f$ has no
/// rounding to speak of, a minimax polynomial of degree 6 for $e^f$ (its own error is 3e-9), and
/// $2^n$ put together from bits. The whole number $n + 127$ falls out of the low bits of $x \log_2
/// e$ plus a constant so large that no fraction is left.
public final class Exponential {
  /// Below this, $e^x$ is less than the smallest normal number and counts as 0.
  public static final float LOWEST = -87f;

  /// $\log_2 e$.
  public static final float LOG2_E = 1.442695f;

  private static final float LN2_HIGH = 0.69314575f;
  private static final float LN2_LOW = 1.4286068e-6f;
  private static final float ROUND = 12582912f + 127f;

  private static final float C6 = 0.001381454f;
  private static final float C5 = 0.008368745f;
  private static final float C4 = 0.04166839f;
  private static final float C3 = 0.16666521f;
  private static final float C2 = 0.49999994f;

  /// So large that adding it leaves no fraction.
  public static final float ROUND_ONLY = 12582912f;

  /// A minimax polynomial for $2^f$ with $|f| \le \frac12$, for those who write the loop out; its
  /// last coefficient is 1.
  public static final float P6 = 1.5353363e-4f;

  public static final float P5 = 1.3398875e-3f;
  public static final float P4 = 9.618437e-3f;
  public static final float P3 = 0.055503324f;
  public static final float P2 = 0.24022648f;
  public static final float P1 = 0.6931472f;

  static final float TANH_NEAR = 0.625f;
  static final float TANH_11 = -0.0057049887f;
  static final float TANH_9 = 0.020639088f;
  static final float TANH_7 = -0.053739715f;
  static final float TANH_5 = 0.13331442f;
  static final float TANH_3 = -0.3333328f;

  private Exponential() {}

  /// $e^x$ for $x \le 0$; exactly 0 below [#LOWEST], NaN stays NaN.
  public static FloatVector ofNegative(FloatVector x) {
    FloatVector shifted =
        x.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, ROUND));
    FloatVector n = shifted.sub(ROUND);
    FloatVector f = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), x);
    f = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), f);
    FloatVector p = FloatVector.broadcast(SPECIES, C6).fma(f, FloatVector.broadcast(SPECIES, C5));
    p = p.fma(f, FloatVector.broadcast(SPECIES, C4));
    p = p.fma(f, FloatVector.broadcast(SPECIES, C3));
    p = p.fma(f, FloatVector.broadcast(SPECIES, C2));
    p = p.fma(f, FloatVector.broadcast(SPECIES, 1f));
    p = p.fma(f, FloatVector.broadcast(SPECIES, 1f));
    IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    VectorMask<Float> vanishes = x.compare(VectorOperators.LT, LOWEST);
    return p.mul(exponent.reinterpretAsFloats()).blend(0f, vanishes);
  }

  /// $\tanh x$: an odd polynomial near 0, where the quotient of exponentials would cancel, else $1
  /// - \frac{2}{e^{2|x|} + 1}$ with the sign of $x$.
  static FloatVector tanh(FloatVector x) {
    FloatVector magnitude = x.abs();
    FloatVector e = ofNegative(magnitude.mul(-2f));
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector far = one.sub(e).div(one.add(e));
    FloatVector square = x.mul(x);
    FloatVector near =
        square.fma(FloatVector.broadcast(SPECIES, TANH_11), FloatVector.broadcast(SPECIES, TANH_9));
    near = near.fma(square, FloatVector.broadcast(SPECIES, TANH_7));
    near = near.fma(square, FloatVector.broadcast(SPECIES, TANH_5));
    near = near.fma(square, FloatVector.broadcast(SPECIES, TANH_3));
    near = near.mul(square).fma(x, x);
    VectorMask<Float> negative = x.compare(VectorOperators.LT, 0f);
    far = far.lanewise(VectorOperators.NEG, negative);
    return far.blend(near, magnitude.compare(VectorOperators.LT, TANH_NEAR));
  }
}
