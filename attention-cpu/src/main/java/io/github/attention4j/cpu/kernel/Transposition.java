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
/// takes two per element. Four rows at a time go through two steps in registers, so that a square
/// is stored once on its way.
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

  /// Transposes squares: `to[toStart + c * toStep + r]` from `from[start + r * step + c] *
  /// factors[factorsAt + c]`, for $r$ below [Lanes#LENGTH] and $c$ below `columns` rounded up to
  /// whole vectors.
  ///
  /// @param block working space of a square
  static void run(
      float[] from,
      int start,
      int step,
      int columns,
      float[] factors,
      int factorsAt,
      float[] to,
      int toStart,
      int toStep,
      float[] block) {
    for (int c = 0; c < columns; c += LENGTH) {
      far(from, start + c, step, factors, factorsAt, block);
      near(block, to, toStart + c * toStep, toStep);
    }
  }

  /// All steps but the last two, into `block`.
  private static void far(
      float[] from, int start, int step, float[] factors, int factorsAt, float[] block) {
    FloatVector factor = FloatVector.fromArray(SPECIES, factors, factorsAt);
    if (LENGTH == 16) {
      for (int row = 0; row < 4; row++) {
        int at = start + row * step;
        FloatVector a = FloatVector.fromArray(SPECIES, from, at).mul(factor);
        FloatVector b = FloatVector.fromArray(SPECIES, from, at + 4 * step).mul(factor);
        FloatVector c = FloatVector.fromArray(SPECIES, from, at + 8 * step).mul(factor);
        FloatVector d = FloatVector.fromArray(SPECIES, from, at + 12 * step).mul(factor);
        FloatVector ac = a.blend(c.rearrange(DOWN8), MASK8);
        FloatVector ca = a.rearrange(UP8).blend(c, MASK8);
        FloatVector bd = b.blend(d.rearrange(DOWN8), MASK8);
        FloatVector db = b.rearrange(UP8).blend(d, MASK8);
        int to = row * LENGTH;
        ac.blend(bd.rearrange(DOWN4), MASK4).intoArray(block, to);
        ac.rearrange(UP4).blend(bd, MASK4).intoArray(block, to + 4 * LENGTH);
        ca.blend(db.rearrange(DOWN4), MASK4).intoArray(block, to + 8 * LENGTH);
        ca.rearrange(UP4).blend(db, MASK4).intoArray(block, to + 12 * LENGTH);
      }
    } else if (LENGTH == 8) {
      for (int row = 0; row < 4; row++) {
        int at = start + row * step;
        FloatVector a = FloatVector.fromArray(SPECIES, from, at).mul(factor);
        FloatVector b = FloatVector.fromArray(SPECIES, from, at + 4 * step).mul(factor);
        a.blend(b.rearrange(DOWN4), MASK4).intoArray(block, row * LENGTH);
        a.rearrange(UP4).blend(b, MASK4).intoArray(block, (row + 4) * LENGTH);
      }
    } else {
      for (int row = 0; row < LENGTH; row++) {
        FloatVector.fromArray(SPECIES, from, start + row * step)
            .mul(factor)
            .intoArray(block, row * LENGTH);
      }
    }
  }

  /// The last two steps, from `block`. Twice four rows, so that it is longer than what the compiler
  /// inlines: see [SoftmaxStage].
  private static void near(float[] block, float[] to, int start, int step) {
    for (int row = 0; row < LENGTH; row += 8) {
      int at = row * LENGTH;
      int first = start + row * step;
      FloatVector a = FloatVector.fromArray(SPECIES, block, at);
      FloatVector b = FloatVector.fromArray(SPECIES, block, at + LENGTH);
      FloatVector c = FloatVector.fromArray(SPECIES, block, at + 2 * LENGTH);
      FloatVector d = FloatVector.fromArray(SPECIES, block, at + 3 * LENGTH);
      FloatVector ac = a.blend(c.rearrange(DOWN2), MASK2);
      FloatVector ca = a.rearrange(UP2).blend(c, MASK2);
      FloatVector bd = b.blend(d.rearrange(DOWN2), MASK2);
      FloatVector db = b.rearrange(UP2).blend(d, MASK2);
      ac.blend(bd.rearrange(DOWN1), MASK1).intoArray(to, first);
      ac.rearrange(UP1).blend(bd, MASK1).intoArray(to, first + step);
      ca.blend(db.rearrange(DOWN1), MASK1).intoArray(to, first + 2 * step);
      ca.rearrange(UP1).blend(db, MASK1).intoArray(to, first + 3 * step);
      if (LENGTH == 4) {
        return;
      }
      at += 4 * LENGTH;
      first += 4 * step;
      a = FloatVector.fromArray(SPECIES, block, at);
      b = FloatVector.fromArray(SPECIES, block, at + LENGTH);
      c = FloatVector.fromArray(SPECIES, block, at + 2 * LENGTH);
      d = FloatVector.fromArray(SPECIES, block, at + 3 * LENGTH);
      ac = a.blend(c.rearrange(DOWN2), MASK2);
      ca = a.rearrange(UP2).blend(c, MASK2);
      bd = b.blend(d.rearrange(DOWN2), MASK2);
      db = b.rearrange(UP2).blend(d, MASK2);
      ac.blend(bd.rearrange(DOWN1), MASK1).intoArray(to, first);
      ac.rearrange(UP1).blend(bd, MASK1).intoArray(to, first + step);
      ca.blend(db.rearrange(DOWN1), MASK1).intoArray(to, first + 2 * step);
      ca.rearrange(UP1).blend(db, MASK1).intoArray(to, first + 3 * step);
    }
  }

  /// Sums of the lanes of `count` rows of `block`, a multiple of [Lanes#LENGTH], into `to[at +
  /// row]`.
  ///
  /// The butterfly again, with an addition at each step, so always in the same order. `block` is
  /// used up.
  static void sums(float[] block, int count, float[] to, int at) {
    for (int first = 0; first < count; first += LENGTH) {
      int from = first * LENGTH;
      if (LENGTH == 16) {
        for (int row = 0; row < 4; row++) {
          int i = from + row * LENGTH;
          FloatVector a = FloatVector.fromArray(SPECIES, block, i);
          FloatVector b = FloatVector.fromArray(SPECIES, block, i + 4 * LENGTH);
          FloatVector c = FloatVector.fromArray(SPECIES, block, i + 8 * LENGTH);
          FloatVector d = FloatVector.fromArray(SPECIES, block, i + 12 * LENGTH);
          a = a.blend(c.rearrange(DOWN8), MASK8).add(a.rearrange(UP8).blend(c, MASK8));
          b = b.blend(d.rearrange(DOWN8), MASK8).add(b.rearrange(UP8).blend(d, MASK8));
          a.blend(b.rearrange(DOWN4), MASK4)
              .add(a.rearrange(UP4).blend(b, MASK4))
              .intoArray(block, i);
        }
      } else if (LENGTH == 8) {
        for (int row = 0; row < 4; row++) {
          int i = from + row * LENGTH;
          FloatVector a = FloatVector.fromArray(SPECIES, block, i);
          FloatVector b = FloatVector.fromArray(SPECIES, block, i + 4 * LENGTH);
          a.blend(b.rearrange(DOWN4), MASK4)
              .add(a.rearrange(UP4).blend(b, MASK4))
              .intoArray(block, i);
        }
      }
      FloatVector a = FloatVector.fromArray(SPECIES, block, from);
      FloatVector b = FloatVector.fromArray(SPECIES, block, from + LENGTH);
      FloatVector c = FloatVector.fromArray(SPECIES, block, from + 2 * LENGTH);
      FloatVector d = FloatVector.fromArray(SPECIES, block, from + 3 * LENGTH);
      a = a.blend(c.rearrange(DOWN2), MASK2).add(a.rearrange(UP2).blend(c, MASK2));
      b = b.blend(d.rearrange(DOWN2), MASK2).add(b.rearrange(UP2).blend(d, MASK2));
      a.blend(b.rearrange(DOWN1), MASK1)
          .add(a.rearrange(UP1).blend(b, MASK1))
          .intoArray(to, at + first);
    }
  }
}
