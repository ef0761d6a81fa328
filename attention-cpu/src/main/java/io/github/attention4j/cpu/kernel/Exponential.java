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
  static final float LOWEST = -87f;

  private static final float HIGHEST = 88.72284f;
  static final float LOG2_E = 1.442695f;
  private static final float LN2_HIGH = 0.69314575f;
  private static final float LN2_LOW = 1.4286068e-6f;
  private static final float ROUND = 12582912f + 127f;

  private static final float C6 = 0.001381454f;
  private static final float C5 = 0.008368745f;
  private static final float C4 = 0.04166839f;
  private static final float C3 = 0.16666521f;
  private static final float C2 = 0.49999994f;

  static final float ROUND_ONLY = 12582912f;
  static final float P6 = 1.5353363e-4f;
  static final float P5 = 1.3398875e-3f;
  static final float P4 = 9.618437e-3f;
  static final float P3 = 0.055503324f;
  static final float P2 = 0.24022648f;
  static final float P1 = 0.6931472f;

  private Exponential() {}

  /// $e^{x - m}$ for $x \le m$, the weight of a score; exactly 1 where $x = m$, exactly 0 where $x
  /// - m$ is below [#LOWEST], NaN stays NaN.
  ///
  /// As [#ofNegative] with fewer steps: in powers of two one fused multiply-add leaves the rest
  /// after rounding, and the whole number is added to the exponent of a polynomial of degree 6 (its
  /// own error is 2e-9).
  static FloatVector below(FloatVector x, FloatVector m) {
    FloatVector distance = x.sub(m);
    FloatVector log2e = FloatVector.broadcast(SPECIES, LOG2_E);
    FloatVector shifted = distance.fma(log2e, FloatVector.broadcast(SPECIES, ROUND_ONLY));
    FloatVector f = distance.fma(log2e, FloatVector.broadcast(SPECIES, ROUND_ONLY).sub(shifted));
    FloatVector p = FloatVector.broadcast(SPECIES, P6).fma(f, FloatVector.broadcast(SPECIES, P5));
    p = p.fma(f, FloatVector.broadcast(SPECIES, P4));
    p = p.fma(f, FloatVector.broadcast(SPECIES, P3));
    p = p.fma(f, FloatVector.broadcast(SPECIES, P2));
    p = p.fma(f, FloatVector.broadcast(SPECIES, P1));
    p = p.fma(f, FloatVector.broadcast(SPECIES, 1f));
    IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    VectorMask<Float> vanishes = distance.compare(VectorOperators.LT, LOWEST);
    return p.reinterpretAsInts().add(exponent).reinterpretAsFloats().blend(0f, vanishes);
  }

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

  /// $e^x$ for any $x$; 0 below [#LOWEST], infinite above the largest float, NaN stays NaN.
  public static FloatVector of(FloatVector x) {
    VectorMask<Float> over = x.compare(VectorOperators.GT, HIGHEST);
    // The square of half the way: no power of two on the way leaves the range of floats.
    FloatVector half = ofNegative(x.blend(0f, over).mul(0.5f));
    return half.mul(half)
        .blend(Float.POSITIVE_INFINITY, over)
        .blend(0f, x.compare(VectorOperators.LT, LOWEST));
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
        square.fma(
            FloatVector.broadcast(SPECIES, -0.0057049887f),
            FloatVector.broadcast(SPECIES, 0.020639088f));
    near = near.fma(square, FloatVector.broadcast(SPECIES, -0.053739715f));
    near = near.fma(square, FloatVector.broadcast(SPECIES, 0.13331442f));
    near = near.fma(square, FloatVector.broadcast(SPECIES, -0.3333328f));
    near = near.mul(square).fma(x, x);
    VectorMask<Float> negative = x.compare(VectorOperators.LT, 0f);
    far = far.lanewise(VectorOperators.NEG, negative);
    return far.blend(near, magnitude.compare(VectorOperators.LT, 0.625f));
  }
}
