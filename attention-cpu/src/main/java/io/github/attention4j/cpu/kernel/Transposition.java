package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/// Turns rows into lanes and back, a square of vectors at a time.
///
/// Butterflies: with $s = L/2, L/4, …, 1$, rows $i$ and $i + s$ exchange the lanes in which bit $s$
/// differs from that of the row. Two instructions per vector and step, where moving single elements
/// takes two per element.
final class Transposition {
  private static final VectorShuffle<Float> DOWN8 = shift(-8);
  private static final VectorShuffle<Float> UP8 = shift(8);
  private static final VectorMask<Float> MASK8 = odd(8);
  private static final VectorShuffle<Float> DOWN4 = shift(-4);
  private static final VectorShuffle<Float> UP4 = shift(4);
  private static final VectorMask<Float> MASK4 = odd(4);
  private static final VectorShuffle<Float> DOWN2 = shift(-2);
  private static final VectorShuffle<Float> UP2 = shift(2);
  private static final VectorMask<Float> MASK2 = odd(2);
  private static final VectorShuffle<Float> DOWN1 = shift(-1);
  private static final VectorShuffle<Float> UP1 = shift(1);
  private static final VectorMask<Float> MASK1 = odd(1);

  private Transposition() {}

  private static VectorShuffle<Float> shift(int by) {
    return VectorShuffle.fromOp(SPECIES, lane -> (lane + by) & (LENGTH - 1));
  }

  private static VectorMask<Float> odd(int bit) {
    long bits = 0;
    for (int lane = 0; lane < LENGTH; lane++) {
      if ((lane & bit) != 0) {
        bits |= 1L << lane;
      }
    }
    return VectorMask.fromLong(SPECIES, bits);
  }

  /// Transposes `[LENGTH][LENGTH]` in place.
  static void square(float[] block) {
    if (LENGTH >= 16) {
      step(block, 8, UP8, DOWN8, MASK8);
    }
    if (LENGTH >= 8) {
      step(block, 4, UP4, DOWN4, MASK4);
    }
    step(block, 2, UP2, DOWN2, MASK2);
    step(block, 1, UP1, DOWN1, MASK1);
  }

  private static void step(
      float[] block,
      int s,
      VectorShuffle<Float> up,
      VectorShuffle<Float> down,
      VectorMask<Float> mask) {
    for (int pair = 0; pair < LENGTH / 2; pair++) {
      // The pair's number with a 0 put in at bit s.
      int first = ((pair & -s) << 1 | (pair & (s - 1))) * LENGTH;
      int second = first + s * LENGTH;
      FloatVector a = FloatVector.fromArray(SPECIES, block, first);
      FloatVector b = FloatVector.fromArray(SPECIES, block, second);
      a.blend(b.rearrange(down), mask).intoArray(block, first);
      a.rearrange(up).blend(b, mask).intoArray(block, second);
    }
  }

  /// Copies rows into lanes: `to[c * width + lane + row]` from `from[start + row * stride + c]`,
  /// times a factor.
  ///
  /// @param from rows of `columns` elements, readable up to whole vectors
  /// @param rows at most [Lanes#LENGTH]; lanes beyond become 0
  /// @param block working space of a square
  static void toLanes(
      float[] from,
      int start,
      int stride,
      int rows,
      int columns,
      float factor,
      float[] to,
      int lane,
      int width,
      float[] block) {
    for (int c = 0; c < columns; c += LENGTH) {
      for (int row = 0; row < rows; row++) {
        FloatVector.fromArray(SPECIES, from, start + row * stride + c)
            .intoArray(block, row * LENGTH);
      }
      for (int row = rows; row < LENGTH; row++) {
        FloatVector.zero(SPECIES).intoArray(block, row * LENGTH);
      }
      square(block);
      int count = Math.min(LENGTH, columns - c);
      for (int i = 0; i < count; i++) {
        FloatVector.fromArray(SPECIES, block, i * LENGTH)
            .mul(factor)
            .intoArray(to, (c + i) * width + lane);
      }
    }
  }

  /// Copies lanes into rows: `to[start + row * stride + c]` from `from[c * width + lane + row]`.
  ///
  /// @param to rows writable up to whole vectors
  static void toRows(
      float[] from,
      int lane,
      int width,
      int columns,
      float[] to,
      int start,
      int stride,
      float[] block) {
    for (int c = 0; c < columns; c += LENGTH) {
      int count = Math.min(LENGTH, columns - c);
      for (int i = 0; i < count; i++) {
        FloatVector.fromArray(SPECIES, from, (c + i) * width + lane).intoArray(block, i * LENGTH);
      }
      square(block);
      for (int row = 0; row < LENGTH; row++) {
        FloatVector.fromArray(SPECIES, block, row * LENGTH).intoArray(to, start + row * stride + c);
      }
    }
  }
}
