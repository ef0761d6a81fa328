package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.BY_1;
import static io.github.attention4j.cpu.kernel.Lanes.BY_2;
import static io.github.attention4j.cpu.kernel.Lanes.BY_4;
import static io.github.attention4j.cpu.kernel.Lanes.BY_8;
import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import io.github.attention4j.api.network.Activation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Layers that map elements or rows one by one, on native memory. Indices count floats.
public final class RowKernels {
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private RowKernels() {}

  private static FloatVector load(MemorySegment x, long at) {
    return FloatVector.fromMemorySegment(SPECIES, x, 4 * at, ORDER);
  }

  private static FloatVector load(MemorySegment x, long at, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(SPECIES, x, 4 * at, ORDER, mask);
  }

  /// $y = a + b$, or $a \circ b$.
  public static void combine(
      MemorySegment a, MemorySegment b, MemorySegment y, long count, boolean product) {
    if (!a.isNative()) {
      throw Lanes.notNative();
    }
    if (!b.isNative()) {
      throw Lanes.notNative();
    }
    if (!y.isNative()) {
      throw Lanes.notNative();
    }
    long i = 0;
    for (; i + LENGTH <= count; i += LENGTH) {
      FloatVector left = load(a, i);
      FloatVector right = load(b, i);
      (product ? left.mul(right) : left.add(right)).intoMemorySegment(y, 4 * i, ORDER);
    }
    for (; i < count; i++) {
      float left = a.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      float right = b.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      y.setAtIndex(ValueLayout.JAVA_FLOAT, i, product ? left * right : left + right);
    }
  }

  /// $y = cx$.
  public static void scale(MemorySegment x, MemorySegment y, long count, float factor) {
    if (!x.isNative()) {
      throw Lanes.notNative();
    }
    if (!y.isNative()) {
      throw Lanes.notNative();
    }
    long i = 0;
    for (; i + LENGTH <= count; i += LENGTH) {
      load(x, i).mul(factor).intoMemorySegment(y, 4 * i, ORDER);
    }
    for (; i < count; i++) {
      y.setAtIndex(ValueLayout.JAVA_FLOAT, i, factor * x.getAtIndex(ValueLayout.JAVA_FLOAT, i));
    }
  }

  /// A function of elements `from` to `to` − 1.
  public static void activate(
      MemorySegment x, MemorySegment y, long from, long to, Activation function) {
    if (!x.isNative()) {
      throw Lanes.notNative();
    }
    if (!y.isNative()) {
      throw Lanes.notNative();
    }
    long i = from;
    for (; i + LENGTH <= to; i += LENGTH) {
      apply(load(x, i), function).intoMemorySegment(y, 4 * i, ORDER);
    }
    if (i < to) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, to);
      apply(load(x, i, rest), function).intoMemorySegment(y, 4 * i, ORDER, rest);
    }
  }

  private static FloatVector apply(FloatVector x, Activation function) {
    return switch (function) {
      // NaN is not less than 0 and stays.
      case RELU -> x.blend(0f, x.compare(VectorOperators.LT, 0f));
      case GELU -> x.mul(normal(x));
      case GELU_TANH -> {
        FloatVector cube = x.mul(x).mul(x);
        FloatVector inner = cube.mul(0.044715f).add(x).mul(0.7978846f);
        yield x.mul(0.5f).mul(Exponential.tanh(inner).add(1f));
      }
      case QUICK_GELU -> x.mul(sigmoid(x.mul(1.702f)));
      case SILU -> x.mul(sigmoid(x));
      case TANH -> Exponential.tanh(x);
      case SIGMOID -> sigmoid(x);
    };
  }

  /// $1 / (1 + e^{-x})$, by $e^{-|x|}$, which cannot overflow.
  private static FloatVector sigmoid(FloatVector x) {
    FloatVector e = Exponential.ofNegative(x.abs().neg());
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector numerator = one.blend(e, x.compare(VectorOperators.LT, 0f));
    return numerator.div(e.add(1f));
  }

  /// $\Phi(x) = \frac12 \operatorname{erfc}(-x / \sqrt 2)$, with $\operatorname{erfc}(z) = e^{-z^2}
  /// P(\frac{1}{1 + z/2})$ for $z \ge 0$; the polynomial is fitted to a relative error of 4e-8.
  private static FloatVector normal(FloatVector x) {
    FloatVector z = x.abs().mul(0.70710677f);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector t = one.div(z.mul(0.5f).add(1f));
    FloatVector p = t.mul(-0.058799863f).add(0.2832562f);
    p = p.fma(t, FloatVector.broadcast(SPECIES, -0.48445523f));
    p = p.fma(t, FloatVector.broadcast(SPECIES, 0.2749084f));
    p = p.fma(t, FloatVector.broadcast(SPECIES, -0.02443446f));
    p = p.fma(t, FloatVector.broadcast(SPECIES, 0.20175214f));
    p = p.fma(t, FloatVector.broadcast(SPECIES, 0.2433423f));
    p = p.fma(t, FloatVector.broadcast(SPECIES, 0.28234214f));
    p = p.fma(t, FloatVector.broadcast(SPECIES, 0.28208834f));
    FloatVector tail = Exponential.ofNegative(z.mul(z).neg()).mul(p.mul(t)).mul(0.5f);
    return one.sub(tail).blend(tail, x.compare(VectorOperators.LT, 0f));
  }

  private static float sum(MemorySegment x, long from, int size) {
    if (!x.isNative()) {
      throw Lanes.notNative();
    }
    FloatVector sum = FloatVector.zero(SPECIES);
    int c = 0;
    for (; c + LENGTH <= size; c += LENGTH) {
      sum = sum.add(load(x, from + c));
    }
    if (c < size) {
      sum = sum.add(load(x, from + c, SPECIES.indexInRange(c, size)));
    }
    // See Lanes: reduceLanes would add in an order of the compiler's.
    if (LENGTH > 8) {
      sum = sum.add(sum.rearrange(BY_8));
    }
    if (LENGTH > 4) {
      sum = sum.add(sum.rearrange(BY_4));
    }
    sum = sum.add(sum.rearrange(BY_2));
    sum = sum.add(sum.rearrange(BY_1));
    return sum.lane(0);
  }

  private static float squares(MemorySegment x, long from, int size, float mean) {
    if (!x.isNative()) {
      throw Lanes.notNative();
    }
    FloatVector sum = FloatVector.zero(SPECIES);
    int c = 0;
    for (; c + LENGTH <= size; c += LENGTH) {
      FloatVector d = load(x, from + c).sub(mean);
      sum = d.fma(d, sum);
    }
    if (c < size) {
      VectorMask<Float> rest = SPECIES.indexInRange(c, size);
      FloatVector d = load(x, from + c, rest).sub(mean).blend(0f, rest.not());
      sum = d.fma(d, sum);
    }
    // See Lanes: reduceLanes would add in an order of the compiler's.
    if (LENGTH > 8) {
      sum = sum.add(sum.rearrange(BY_8));
    }
    if (LENGTH > 4) {
      sum = sum.add(sum.rearrange(BY_4));
    }
    sum = sum.add(sum.rearrange(BY_2));
    sum = sum.add(sum.rearrange(BY_1));
    return sum.lane(0);
  }

  /// Layer normalisation of rows `from` to `to` − 1.
  public static void layerNorm(
      MemorySegment x,
      MemorySegment y,
      int from,
      int to,
      int size,
      float[] weight,
      float[] bias,
      double epsilon) {
    if (!x.isNative()) {
      throw Lanes.notNative();
    }
    if (!y.isNative()) {
      throw Lanes.notNative();
    }
    for (int row = from; row < to; row++) {
      long at = (long) row * size;
      float mean = sum(x, at, size) / size;
      float factor = (float) (1 / Math.sqrt(squares(x, at, size, mean) / size + epsilon));
      int c = 0;
      for (; c + LENGTH <= size; c += LENGTH) {
        load(x, at + c)
            .sub(mean)
            .mul(factor)
            .fma(FloatVector.fromArray(SPECIES, weight, c), FloatVector.fromArray(SPECIES, bias, c))
            .intoMemorySegment(y, 4 * (at + c), ORDER);
      }
      for (; c < size; c++) {
        float d = (x.getAtIndex(ValueLayout.JAVA_FLOAT, at + c) - mean) * factor;
        y.setAtIndex(ValueLayout.JAVA_FLOAT, at + c, Math.fma(d, weight[c], bias[c]));
      }
    }
  }

  /// Root-mean-square normalisation of rows `from` to `to` − 1.
  public static void rmsNorm(
      MemorySegment x,
      MemorySegment y,
      int from,
      int to,
      int size,
      float[] weight,
      double epsilon) {
    if (!x.isNative()) {
      throw Lanes.notNative();
    }
    if (!y.isNative()) {
      throw Lanes.notNative();
    }
    for (int row = from; row < to; row++) {
      long at = (long) row * size;
      float factor = (float) (1 / Math.sqrt(squares(x, at, size, 0) / size + epsilon));
      int c = 0;
      for (; c + LENGTH <= size; c += LENGTH) {
        load(x, at + c)
            .mul(factor)
            .mul(FloatVector.fromArray(SPECIES, weight, c))
            .intoMemorySegment(y, 4 * (at + c), ORDER);
      }
      for (; c < size; c++) {
        float d = x.getAtIndex(ValueLayout.JAVA_FLOAT, at + c) * factor;
        y.setAtIndex(ValueLayout.JAVA_FLOAT, at + c, d * weight[c]);
      }
    }
  }

  /// Divides rows by their Euclidean norms.
  public static void normalize(MemorySegment x, MemorySegment y, int rows, int size) {
    for (int row = 0; row < rows; row++) {
      long at = (long) row * size;
      float norm = (float) Math.sqrt(squares(x, at, size, 0));
      for (int c = 0; c < size; c++) {
        float value = x.getAtIndex(ValueLayout.JAVA_FLOAT, at + c);
        y.setAtIndex(ValueLayout.JAVA_FLOAT, at + c, value / norm);
      }
    }
  }
}
