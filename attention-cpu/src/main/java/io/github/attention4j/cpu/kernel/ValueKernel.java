package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.BLOCK;
import static io.github.attention4j.cpu.kernel.Lanes.FEW_REGISTERS;
import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/// The stage *value*: $O_{c,l} \leftarrow \alpha_l O_{c,l} + \sum_k V_{k,c}\, P_{k,l}$ for a panel
/// of queries.
///
/// The sum of a tile starts from zero and joins the rescaled output at the end: the same work as
/// accumulating into it, and a shorter chain of roundings.
final class ValueKernel {
  private ValueKernel() {}

  /// Adds `count` values, weighted.
  ///
  /// @param v where the values are, rows readable up to `columns`
  /// @param base added to the start of each value
  /// @param rows the start of each value in `v`
  /// @param columns a multiple of 8
  /// @param p weights, `[count][vectors * LENGTH]`
  /// @param alpha what the output so far is multiplied by, per lane
  /// @param o the output, `[columns][vectors * LENGTH]`
  static void run(
      float[] v,
      int base,
      int[] rows,
      int count,
      int columns,
      float[] p,
      int vectors,
      float[] alpha,
      float[] o) {
    int width = vectors * LENGTH;
    for (int column = 0; column < columns; column += BLOCK) {
      int at = column * width;
      switch (vectors) {
        case 3 -> {
          block4x3(v, base + column, rows, count, p, alpha, o, at);
          block4x3(v, base + column + 4, rows, count, p, alpha, o, at + 4 * width);
        }
        case 2 -> {
          if (FEW_REGISTERS) {
            block4x2(v, base + column, rows, count, p, alpha, o, at);
            block4x2(v, base + column + 4, rows, count, p, alpha, o, at + 4 * width);
          } else {
            block8x2(v, base + column, rows, count, p, alpha, o, at);
          }
        }
        case 1 -> block8x1(v, base + column, rows, count, p, alpha, o, at);
        default -> throw new IllegalArgumentException("vectors: expected 1 to 3, got " + vectors);
      }
    }
  }

  private static void block4x3(
      float[] v, int base, int[] rows, int count, float[] p, float[] alpha, float[] o, int at) {
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c0b = FloatVector.zero(SPECIES);
    FloatVector c0c = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c1b = FloatVector.zero(SPECIES);
    FloatVector c1c = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c2b = FloatVector.zero(SPECIES);
    FloatVector c2c = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c3b = FloatVector.zero(SPECIES);
    FloatVector c3c = FloatVector.zero(SPECIES);
    for (int k = 0, from = 0; k < count; k++, from += 3 * LENGTH) {
      int row = base + rows[k];
      FloatVector pa = FloatVector.fromArray(SPECIES, p, from);
      FloatVector pb = FloatVector.fromArray(SPECIES, p, from + LENGTH);
      FloatVector pc = FloatVector.fromArray(SPECIES, p, from + 2 * LENGTH);
      FloatVector x = FloatVector.broadcast(SPECIES, v[row]);
      c0a = x.fma(pa, c0a);
      c0b = x.fma(pb, c0b);
      c0c = x.fma(pc, c0c);
      x = FloatVector.broadcast(SPECIES, v[row + 1]);
      c1a = x.fma(pa, c1a);
      c1b = x.fma(pb, c1b);
      c1c = x.fma(pc, c1c);
      x = FloatVector.broadcast(SPECIES, v[row + 2]);
      c2a = x.fma(pa, c2a);
      c2b = x.fma(pb, c2b);
      c2c = x.fma(pc, c2c);
      x = FloatVector.broadcast(SPECIES, v[row + 3]);
      c3a = x.fma(pa, c3a);
      c3b = x.fma(pb, c3b);
      c3c = x.fma(pc, c3c);
    }
    FloatVector sa = FloatVector.fromArray(SPECIES, alpha, 0);
    FloatVector sb = FloatVector.fromArray(SPECIES, alpha, LENGTH);
    FloatVector sc = FloatVector.fromArray(SPECIES, alpha, 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at).fma(sa, c0a).intoArray(o, at);
    FloatVector.fromArray(SPECIES, o, at + LENGTH).fma(sb, c0b).intoArray(o, at + LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 2 * LENGTH).fma(sc, c0c).intoArray(o, at + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 3 * LENGTH).fma(sa, c1a).intoArray(o, at + 3 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 4 * LENGTH).fma(sb, c1b).intoArray(o, at + 4 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 5 * LENGTH).fma(sc, c1c).intoArray(o, at + 5 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 6 * LENGTH).fma(sa, c2a).intoArray(o, at + 6 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 7 * LENGTH).fma(sb, c2b).intoArray(o, at + 7 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 8 * LENGTH).fma(sc, c2c).intoArray(o, at + 8 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 9 * LENGTH).fma(sa, c3a).intoArray(o, at + 9 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 10 * LENGTH).fma(sb, c3b).intoArray(o, at + 10 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 11 * LENGTH).fma(sc, c3c).intoArray(o, at + 11 * LENGTH);
  }

  private static void block8x2(
      float[] v, int base, int[] rows, int count, float[] p, float[] alpha, float[] o, int at) {
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c0b = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c1b = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c2b = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c3b = FloatVector.zero(SPECIES);
    FloatVector c4a = FloatVector.zero(SPECIES);
    FloatVector c4b = FloatVector.zero(SPECIES);
    FloatVector c5a = FloatVector.zero(SPECIES);
    FloatVector c5b = FloatVector.zero(SPECIES);
    FloatVector c6a = FloatVector.zero(SPECIES);
    FloatVector c6b = FloatVector.zero(SPECIES);
    FloatVector c7a = FloatVector.zero(SPECIES);
    FloatVector c7b = FloatVector.zero(SPECIES);
    for (int k = 0, from = 0; k < count; k++, from += 2 * LENGTH) {
      int row = base + rows[k];
      FloatVector pa = FloatVector.fromArray(SPECIES, p, from);
      FloatVector pb = FloatVector.fromArray(SPECIES, p, from + LENGTH);
      FloatVector x = FloatVector.broadcast(SPECIES, v[row]);
      c0a = x.fma(pa, c0a);
      c0b = x.fma(pb, c0b);
      x = FloatVector.broadcast(SPECIES, v[row + 1]);
      c1a = x.fma(pa, c1a);
      c1b = x.fma(pb, c1b);
      x = FloatVector.broadcast(SPECIES, v[row + 2]);
      c2a = x.fma(pa, c2a);
      c2b = x.fma(pb, c2b);
      x = FloatVector.broadcast(SPECIES, v[row + 3]);
      c3a = x.fma(pa, c3a);
      c3b = x.fma(pb, c3b);
      x = FloatVector.broadcast(SPECIES, v[row + 4]);
      c4a = x.fma(pa, c4a);
      c4b = x.fma(pb, c4b);
      x = FloatVector.broadcast(SPECIES, v[row + 5]);
      c5a = x.fma(pa, c5a);
      c5b = x.fma(pb, c5b);
      x = FloatVector.broadcast(SPECIES, v[row + 6]);
      c6a = x.fma(pa, c6a);
      c6b = x.fma(pb, c6b);
      x = FloatVector.broadcast(SPECIES, v[row + 7]);
      c7a = x.fma(pa, c7a);
      c7b = x.fma(pb, c7b);
    }
    FloatVector sa = FloatVector.fromArray(SPECIES, alpha, 0);
    FloatVector sb = FloatVector.fromArray(SPECIES, alpha, LENGTH);
    FloatVector.fromArray(SPECIES, o, at).fma(sa, c0a).intoArray(o, at);
    FloatVector.fromArray(SPECIES, o, at + LENGTH).fma(sb, c0b).intoArray(o, at + LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 2 * LENGTH).fma(sa, c1a).intoArray(o, at + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 3 * LENGTH).fma(sb, c1b).intoArray(o, at + 3 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 4 * LENGTH).fma(sa, c2a).intoArray(o, at + 4 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 5 * LENGTH).fma(sb, c2b).intoArray(o, at + 5 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 6 * LENGTH).fma(sa, c3a).intoArray(o, at + 6 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 7 * LENGTH).fma(sb, c3b).intoArray(o, at + 7 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 8 * LENGTH).fma(sa, c4a).intoArray(o, at + 8 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 9 * LENGTH).fma(sb, c4b).intoArray(o, at + 9 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 10 * LENGTH).fma(sa, c5a).intoArray(o, at + 10 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 11 * LENGTH).fma(sb, c5b).intoArray(o, at + 11 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 12 * LENGTH).fma(sa, c6a).intoArray(o, at + 12 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 13 * LENGTH).fma(sb, c6b).intoArray(o, at + 13 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 14 * LENGTH).fma(sa, c7a).intoArray(o, at + 14 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 15 * LENGTH).fma(sb, c7b).intoArray(o, at + 15 * LENGTH);
  }

  private static void block4x2(
      float[] v, int base, int[] rows, int count, float[] p, float[] alpha, float[] o, int at) {
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c0b = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c1b = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c2b = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c3b = FloatVector.zero(SPECIES);
    for (int k = 0, from = 0; k < count; k++, from += 2 * LENGTH) {
      int row = base + rows[k];
      FloatVector pa = FloatVector.fromArray(SPECIES, p, from);
      FloatVector pb = FloatVector.fromArray(SPECIES, p, from + LENGTH);
      FloatVector x = FloatVector.broadcast(SPECIES, v[row]);
      c0a = x.fma(pa, c0a);
      c0b = x.fma(pb, c0b);
      x = FloatVector.broadcast(SPECIES, v[row + 1]);
      c1a = x.fma(pa, c1a);
      c1b = x.fma(pb, c1b);
      x = FloatVector.broadcast(SPECIES, v[row + 2]);
      c2a = x.fma(pa, c2a);
      c2b = x.fma(pb, c2b);
      x = FloatVector.broadcast(SPECIES, v[row + 3]);
      c3a = x.fma(pa, c3a);
      c3b = x.fma(pb, c3b);
    }
    FloatVector sa = FloatVector.fromArray(SPECIES, alpha, 0);
    FloatVector sb = FloatVector.fromArray(SPECIES, alpha, LENGTH);
    FloatVector.fromArray(SPECIES, o, at).fma(sa, c0a).intoArray(o, at);
    FloatVector.fromArray(SPECIES, o, at + LENGTH).fma(sb, c0b).intoArray(o, at + LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 2 * LENGTH).fma(sa, c1a).intoArray(o, at + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 3 * LENGTH).fma(sb, c1b).intoArray(o, at + 3 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 4 * LENGTH).fma(sa, c2a).intoArray(o, at + 4 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 5 * LENGTH).fma(sb, c2b).intoArray(o, at + 5 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 6 * LENGTH).fma(sa, c3a).intoArray(o, at + 6 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 7 * LENGTH).fma(sb, c3b).intoArray(o, at + 7 * LENGTH);
  }

  private static void block8x1(
      float[] v, int base, int[] rows, int count, float[] p, float[] alpha, float[] o, int at) {
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c4a = FloatVector.zero(SPECIES);
    FloatVector c5a = FloatVector.zero(SPECIES);
    FloatVector c6a = FloatVector.zero(SPECIES);
    FloatVector c7a = FloatVector.zero(SPECIES);
    for (int k = 0, from = 0; k < count; k++, from += LENGTH) {
      int row = base + rows[k];
      FloatVector pa = FloatVector.fromArray(SPECIES, p, from);
      FloatVector x = FloatVector.broadcast(SPECIES, v[row]);
      c0a = x.fma(pa, c0a);
      x = FloatVector.broadcast(SPECIES, v[row + 1]);
      c1a = x.fma(pa, c1a);
      x = FloatVector.broadcast(SPECIES, v[row + 2]);
      c2a = x.fma(pa, c2a);
      x = FloatVector.broadcast(SPECIES, v[row + 3]);
      c3a = x.fma(pa, c3a);
      x = FloatVector.broadcast(SPECIES, v[row + 4]);
      c4a = x.fma(pa, c4a);
      x = FloatVector.broadcast(SPECIES, v[row + 5]);
      c5a = x.fma(pa, c5a);
      x = FloatVector.broadcast(SPECIES, v[row + 6]);
      c6a = x.fma(pa, c6a);
      x = FloatVector.broadcast(SPECIES, v[row + 7]);
      c7a = x.fma(pa, c7a);
    }
    FloatVector sa = FloatVector.fromArray(SPECIES, alpha, 0);
    FloatVector.fromArray(SPECIES, o, at).fma(sa, c0a).intoArray(o, at);
    FloatVector.fromArray(SPECIES, o, at + LENGTH).fma(sa, c1a).intoArray(o, at + LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 2 * LENGTH).fma(sa, c2a).intoArray(o, at + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 3 * LENGTH).fma(sa, c3a).intoArray(o, at + 3 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 4 * LENGTH).fma(sa, c4a).intoArray(o, at + 4 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 5 * LENGTH).fma(sa, c5a).intoArray(o, at + 5 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 6 * LENGTH).fma(sa, c6a).intoArray(o, at + 6 * LENGTH);
    FloatVector.fromArray(SPECIES, o, at + 7 * LENGTH).fma(sa, c7a).intoArray(o, at + 7 * LENGTH);
  }
}
