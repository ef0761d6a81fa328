package io.github.attention4j.cpu.mechanism;

import static io.github.attention4j.cpu.kernel.Lanes.BY_1;
import static io.github.attention4j.cpu.kernel.Lanes.BY_2;
import static io.github.attention4j.cpu.kernel.Lanes.BY_4;
import static io.github.attention4j.cpu.kernel.Lanes.BY_8;
import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.Exponential;
import io.github.attention4j.cpu.kernel.Lanes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Rows of float32: in and out of native memory, dot products, softmax.
final class Floats {
  private Floats() {}

  /// Copies consecutive elements into an array.
  static void read(Tensor from, long index, float[] into, int at, int count) {
    MemorySegment.copy(from.segment(), ValueLayout.JAVA_FLOAT, 4 * index, into, at, count);
  }

  /// Copies consecutive elements out of an array.
  static void write(float[] from, int at, int count, Tensor into, long index) {
    MemorySegment.copy(from, at, into.segment(), ValueLayout.JAVA_FLOAT, 4 * index, count);
  }

  /// Copies `rows` rows of `size` elements into an array of wider rows, zeros behind each.
  static void readRows(Tensor from, long index, float[] into, int rows, int size, int stride) {
    if (size == stride) {
      read(from, index, into, 0, rows * size);
      return;
    }
    for (int r = 0; r < rows; r++) {
      read(from, index + (long) r * size, into, r * stride, size);
      Arrays.fill(into, r * stride + size, (r + 1) * stride, 0f);
    }
  }

  /// Transposes `rows` x `columns` into rows of another stride.
  static void transpose(
      float[] from, int fromStride, int rows, int columns, float[] into, int intoStride) {
    for (int r = 0; r < rows; r++) {
      for (int c = 0, at = r; c < columns; c++, at += intoStride) {
        into[at] = from[r * fromStride + c];
      }
    }
  }

  /// A dot product, summed in several lanes.
  static float dot(float[] a, int aFrom, float[] b, int bFrom, int count) {
    FloatVector sum = FloatVector.zero(SPECIES);
    FloatVector other = sum;
    int i = 0;
    for (; i + 2 * LENGTH <= count; i += 2 * LENGTH) {
      sum =
          FloatVector.fromArray(SPECIES, a, aFrom + i)
              .fma(FloatVector.fromArray(SPECIES, b, bFrom + i), sum);
      other =
          FloatVector.fromArray(SPECIES, a, aFrom + i + LENGTH)
              .fma(FloatVector.fromArray(SPECIES, b, bFrom + i + LENGTH), other);
    }
    for (; i + LENGTH <= count; i += LENGTH) {
      sum =
          FloatVector.fromArray(SPECIES, a, aFrom + i)
              .fma(FloatVector.fromArray(SPECIES, b, bFrom + i), sum);
    }
    sum = sum.add(other);
    // See Lanes: reduceLanes would add in an order of the compiler's.
    if (LENGTH > 8) {
      sum = sum.add(sum.rearrange(BY_8));
    }
    if (LENGTH > 4) {
      sum = sum.add(sum.rearrange(BY_4));
    }
    sum = sum.add(sum.rearrange(BY_2));
    sum = sum.add(sum.rearrange(BY_1));
    float total = sum.lane(0);
    for (; i < count; i++) {
      total = Math.fma(a[aFrom + i], b[bFrom + i], total);
    }
    return total;
  }

  /// A sum, in several lanes.
  static float sum(float[] a, int from, int count) {
    FloatVector sum = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i + LENGTH <= count; i += LENGTH) {
      sum = sum.add(FloatVector.fromArray(SPECIES, a, from + i));
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
    float total = sum.lane(0);
    for (; i < count; i++) {
      total += a[from + i];
    }
    return total;
  }

  /// Whether none of these is NaN or infinite.
  static boolean finite(float[] a, int from, int count) {
    FloatVector sum = FloatVector.zero(SPECIES);
    int i = from;
    for (; i + LENGTH <= from + count; i += LENGTH) {
      FloatVector x = FloatVector.fromArray(SPECIES, a, i);
      sum = sum.add(x.sub(x));
    }
    boolean finite = sum.eq(0f).allTrue();
    for (; i < from + count; i++) {
      finite &= Float.isFinite(a[i]);
    }
    return finite;
  }

  /// $y \leftarrow y + c\,x$.
  static void add(float[] y, int yFrom, float c, float[] x, int xFrom, int count) {
    FloatVector factor = FloatVector.broadcast(SPECIES, c);
    int i = 0;
    for (; i + LENGTH <= count; i += LENGTH) {
      factor
          .fma(
              FloatVector.fromArray(SPECIES, x, xFrom + i),
              FloatVector.fromArray(SPECIES, y, yFrom + i))
          .intoArray(y, yFrom + i);
    }
    for (; i < count; i++) {
      y[yFrom + i] = Math.fma(c, x[xFrom + i], y[yFrom + i]);
    }
  }

  /// $y \leftarrow y + w \circ x$, with $x$ where it is in an array.
  static void addProducts(float[] y, float[] w, int wFrom, Tensor x, long index, int count) {
    MemorySegment segment = x.segment();
    if (!segment.isNative()) {
      throw Lanes.notNative();
    }
    int i = 0;
    for (; i + LENGTH <= count; i += LENGTH) {
      FloatVector.fromMemorySegment(SPECIES, segment, 4 * (index + i), ByteOrder.nativeOrder())
          .fma(FloatVector.fromArray(SPECIES, w, wFrom + i), FloatVector.fromArray(SPECIES, y, i))
          .intoArray(y, i);
    }
    for (; i < count; i++) {
      y[i] = Math.fma(w[wFrom + i], x.at(index + i), y[i]);
    }
  }

  /// The largest of these; NaN if one is, −∞ if there is none.
  static float largest(float[] a, int from, int count) {
    FloatVector most = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    FloatVector other = most;
    int i = from;
    for (; i + 2 * LENGTH <= from + count; i += 2 * LENGTH) {
      most = most.max(FloatVector.fromArray(SPECIES, a, i));
      other = other.max(FloatVector.fromArray(SPECIES, a, i + LENGTH));
    }
    most = most.max(other);
    if (LENGTH > 8) {
      most = most.max(most.rearrange(BY_8));
    }
    if (LENGTH > 4) {
      most = most.max(most.rearrange(BY_4));
    }
    most = most.max(most.rearrange(BY_2));
    most = most.max(most.rearrange(BY_1));
    float largest = most.lane(0);
    for (; i < from + count; i++) {
      largest = Math.max(largest, a[i]);
    }
    return largest;
  }

  /// Adds `row` to each row of `sign` times `x`, and says which is the largest finite element of
  /// what comes out, −∞ if there is none.
  ///
  /// @param stride elements of a row, a multiple of the number of lanes
  static float addRow(
      float[] x, float sign, float[] row, float[] into, int to, int rows, int stride) {
    FloatVector infinity = FloatVector.broadcast(SPECIES, Float.POSITIVE_INFINITY);
    FloatVector factor = FloatVector.broadcast(SPECIES, sign);
    FloatVector most = infinity.neg();
    for (int j = 0; j < stride; j += LENGTH) {
      FloatVector added = FloatVector.fromArray(SPECIES, row, j);
      for (int r = 0, at = j; r < rows; r++, at += stride) {
        FloatVector y = FloatVector.fromArray(SPECIES, x, at).fma(factor, added);
        y.intoArray(into, to + at);
        VectorMask<Float> more = y.compare(VectorOperators.GT, most);
        most = most.blend(y, more.and(y.compare(VectorOperators.LT, infinity)));
      }
    }
    if (LENGTH > 8) {
      most = most.max(most.rearrange(BY_8));
    }
    if (LENGTH > 4) {
      most = most.max(most.rearrange(BY_4));
    }
    most = most.max(most.rearrange(BY_2));
    most = most.max(most.rearrange(BY_1));
    return most.lane(0);
  }

  /// Turns scores into softmax weights in place; −∞ has weight 0. Returns $\ln \sum e^s$, −∞
  /// without any.
  static double softmax(float[] s, int from, int count) {
    float largest = largest(s, from, count);
    if (largest == Float.NEGATIVE_INFINITY) {
      Arrays.fill(s, from, from + count, 0f);
      return Double.NEGATIVE_INFINITY;
    }
    exponentials(s, from, count, largest);
    float sum = sum(s, from, count);
    int i = from;
    for (; i + LENGTH <= from + count; i += LENGTH) {
      FloatVector.fromArray(SPECIES, s, i).div(sum).intoArray(s, i);
    }
    for (; i < from + count; i++) {
      s[i] /= sum;
    }
    return largest + Math.log(sum);
  }

  /// $x + 1$ above 0, else $e^x$. Written out like [#exponentials].
  static void eluPlusOne(float[] from, int at, float[] into, int to, int count) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector log2e = FloatVector.broadcast(SPECIES, Exponential.LOG2_E);
    FloatVector round = FloatVector.broadcast(SPECIES, Exponential.ROUND_ONLY);
    FloatVector p6 = FloatVector.broadcast(SPECIES, Exponential.P6);
    FloatVector p5 = FloatVector.broadcast(SPECIES, Exponential.P5);
    FloatVector p4 = FloatVector.broadcast(SPECIES, Exponential.P4);
    FloatVector p3 = FloatVector.broadcast(SPECIES, Exponential.P3);
    FloatVector p2 = FloatVector.broadcast(SPECIES, Exponential.P2);
    FloatVector p1 = FloatVector.broadcast(SPECIES, Exponential.P1);
    int i = 0;
    for (; i + LENGTH <= count; i += LENGTH) {
      FloatVector x = FloatVector.fromArray(SPECIES, from, at + i);
      VectorMask<Float> above = x.compare(VectorOperators.GT, zero);
      FloatVector y = x.blend(zero, above);
      FloatVector n = y.fma(log2e, round);
      FloatVector f = y.fma(log2e, round.sub(n));
      FloatVector p = p6.fma(f, p5).fma(f, p4).fma(f, p3).fma(f, p2).fma(f, p1).fma(f, one);
      p.reinterpretAsInts()
          .add(n.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
          .reinterpretAsFloats()
          .blend(zero, y.compare(VectorOperators.LT, Exponential.LOWEST))
          .blend(x.add(one), above)
          .intoArray(into, to + i);
    }
    for (; i < count; i++) {
      float x = from[at + i];
      into[to + i] = x > 0 ? x + 1 : (float) Math.exp(x);
    }
  }

  /// $s \leftarrow e^{s - \text{base}}$ in place, for $s \le$ base.
  ///
  /// As [Exponential#ofNegative]: a call could make objects of its vectors. Only the last elements
  /// go through a masked vector.
  static void exponentials(float[] s, int from, int count, float base) {
    FloatVector log2e = FloatVector.broadcast(SPECIES, Exponential.LOG2_E);
    FloatVector round = FloatVector.broadcast(SPECIES, Exponential.ROUND_ONLY);
    FloatVector p6 = FloatVector.broadcast(SPECIES, Exponential.P6);
    FloatVector p5 = FloatVector.broadcast(SPECIES, Exponential.P5);
    FloatVector p4 = FloatVector.broadcast(SPECIES, Exponential.P4);
    FloatVector p3 = FloatVector.broadcast(SPECIES, Exponential.P3);
    FloatVector p2 = FloatVector.broadcast(SPECIES, Exponential.P2);
    FloatVector p1 = FloatVector.broadcast(SPECIES, Exponential.P1);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    int i = from;
    for (; i + LENGTH <= from + count; i += LENGTH) {
      FloatVector x = FloatVector.fromArray(SPECIES, s, i).sub(base);
      FloatVector n = x.fma(log2e, round);
      FloatVector f = x.fma(log2e, round.sub(n));
      FloatVector p = p6.fma(f, p5).fma(f, p4).fma(f, p3).fma(f, p2).fma(f, p1).fma(f, one);
      p.reinterpretAsInts()
          .add(n.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
          .reinterpretAsFloats()
          .blend(0f, x.compare(VectorOperators.LT, Exponential.LOWEST))
          .intoArray(s, i);
    }
    if (i < from + count) {
      VectorMask<Float> there = SPECIES.indexInRange(i, from + count);
      FloatVector x = FloatVector.fromArray(SPECIES, s, i, there).sub(base);
      FloatVector n = x.fma(log2e, round);
      FloatVector f = x.fma(log2e, round.sub(n));
      FloatVector p = p6.fma(f, p5).fma(f, p4).fma(f, p3).fma(f, p2).fma(f, p1).fma(f, one);
      p.reinterpretAsInts()
          .add(n.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
          .reinterpretAsFloats()
          .blend(0f, x.compare(VectorOperators.LT, Exponential.LOWEST))
          .intoArray(s, i, there);
    }
  }
}
