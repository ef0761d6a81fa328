package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import java.util.OptionalLong;

/// Layers about positions: tables added or rotated in, positions put before, picked, located,
/// masked.
final class PositionLayers {
  private PositionLayers() {}

  static DoubleArray embedding(LongTensor ids, DoubleArray table, double scale) {
    long[] sizes = java.util.Arrays.copyOf(ids.shape().toArray(), ids.shape().rank() + 1);
    sizes[sizes.length - 1] = table.size(1);
    DoubleArray y = DoubleArray.zeros(sizes);
    for (int t = 0; t < ids.shape().elements(); t++) {
      long id = ids.at(t);
      if (id < 0 || id >= table.size(0)) {
        throw new IllegalArgumentException(
            "ids: expected 0 to " + (table.size(0) - 1) + ", got " + id);
      }
      for (int c = 0; c < table.size(1); c++) {
        y.values()[t * table.size(1) + c] = scale * table.get((int) id, c);
      }
    }
    return y;
  }

  static DoubleArray addPositions(DoubleArray x, DoubleArray table, long first) {
    x.expect("[batch, length, channels]", -1, -1, table.size(1));
    checkRows(first, x.size(1), table.size(0));
    DoubleArray y = DoubleArray.zeros(x.shape().toArray());
    for (int b = 0; b < x.size(0); b++) {
      for (int t = 0; t < x.size(1); t++) {
        double[] row = x.row(b, t);
        Vectors.add(row, 1, table.row((int) first + t));
        y.setRow(row, b, t);
      }
    }
    return y;
  }

  private static void checkRows(long first, int length, int positions) {
    if (first + length > positions) {
      throw new IllegalArgumentException(
          "length: expected at most "
              + positions
              + " positions in all, got "
              + length
              + " from position "
              + first
              + " on");
    }
  }

  /// Rotates pairs of each head's leading elements; position of `t` is `past + t` where none are
  /// given.
  static DoubleArray rotate(
      DoubleArray x,
      int heads,
      boolean interleaved,
      DoubleArray cos,
      DoubleArray sin,
      long past,
      LongTensor[] positions) {
    x.expect("[batch, length, heads * keySize]", -1, -1, -1);
    int pairs = cos.size(1);
    int size = x.size(2) / heads;
    if (x.size(2) % heads != 0 || size < 2 * pairs) {
      throw new IllegalArgumentException(
          "input: expected channels for "
              + heads
              + " heads of at least "
              + 2 * pairs
              + ", got "
              + x.size(2));
    }
    DoubleArray y = DoubleArray.zeros(x.shape().toArray());
    for (int b = 0; b < x.size(0); b++) {
      for (int t = 0; t < x.size(1); t++) {
        long position = positions.length == 0 ? past + t : positions[0].get(b, t);
        if (position < 0 || position >= cos.size(0)) {
          throw new IllegalArgumentException(
              "position: expected 0 to " + (cos.size(0) - 1) + ", got " + position);
        }
        double[] row = x.row(b, t);
        double[] rotated = row.clone();
        for (int h = 0; h < heads; h++) {
          for (int p = 0; p < pairs; p++) {
            int first = h * size + (interleaved ? 2 * p : p);
            int second = h * size + (interleaved ? 2 * p + 1 : p + pairs);
            double c = cos.get((int) position, p);
            double s = sin.get((int) position, p);
            rotated[first] = row[first] * c - row[second] * s;
            rotated[second] = row[first] * s + row[second] * c;
          }
        }
        y.setRow(rotated, b, t);
      }
    }
    return y;
  }

  /// The first sequence followed by the second, entry by entry.
  static DoubleArray join(DoubleArray first, DoubleArray second) {
    first.expect("[batch, length, channels]", -1, -1, -1);
    second.expect("[batch, length, channels]", first.size(0), -1, first.size(2));
    DoubleArray y =
        DoubleArray.zeros(first.size(0), (long) first.size(1) + second.size(1), first.size(2));
    for (int b = 0; b < first.size(0); b++) {
      for (int t = 0; t < y.size(1); t++) {
        y.setRow(t < first.size(1) ? first.row(b, t) : second.row(b, t - first.size(1)), b, t);
      }
    }
    return y;
  }

  /// The last `count` positions.
  static DoubleArray last(DoubleArray x, int count) {
    DoubleArray y = DoubleArray.zeros(x.size(0), count, x.size(2));
    for (int b = 0; b < x.size(0); b++) {
      for (int t = 0; t < count; t++) {
        y.setRow(x.row(b, x.size(1) - count + t), b, t);
      }
    }
    return y;
  }

  static DoubleArray repeat(DoubleArray tokens, int batch) {
    DoubleArray y = DoubleArray.zeros(batch, tokens.size(0), tokens.size(1));
    for (int b = 0; b < batch; b++) {
      for (int t = 0; t < tokens.size(0); t++) {
        y.setRow(tokens.row(t), b, t);
      }
    }
    return y;
  }

  static DoubleArray pick(DoubleArray x, long[] positions) {
    x.expect("[batch, length, channels]", positions.length, -1, -1);
    DoubleArray y = DoubleArray.zeros(x.size(0), x.size(2));
    for (int b = 0; b < x.size(0); b++) {
      if (positions[b] < 0 || positions[b] >= x.size(1)) {
        throw new IllegalArgumentException(
            "position: expected 0 to " + (x.size(1) - 1) + ", got " + positions[b]);
      }
      y.setRow(x.row(b, (int) positions[b]), b);
    }
    return y;
  }

  static LongTensor locate(LongTensor ids, OptionalLong wanted) {
    checkRank(ids);
    LongTensor found = LongTensor.allocate(ids.shape().size(0));
    int length = ids.shape().intSize(1);
    for (int b = 0; b < ids.shape().size(0); b++) {
      long target = wanted.orElse(Long.MIN_VALUE);
      for (int t = 0; wanted.isEmpty() && t < length; t++) {
        target = Math.max(target, ids.get(b, t));
      }
      for (int t = length - 1; t >= 0; t--) {
        if (ids.get(b, t) == target) {
          found.set(b, t);
        }
      }
    }
    return found;
  }

  static BooleanTensor keyMask(LongTensor ids, long excluded) {
    checkRank(ids);
    return differs(ids, excluded).reshape(ids.shape().size(0), 1, 1, ids.shape().size(1));
  }

  static BooleanTensor differs(LongTensor array, long value) {
    BooleanTensor marks = BooleanTensor.allocate(array.shape().toArray());
    for (long t = 0; t < array.shape().elements(); t++) {
      marks.set(t, array.at(t) != value);
    }
    return marks;
  }

  private static void checkRank(LongTensor ids) {
    if (ids.shape().rank() != 2) {
      throw new IllegalArgumentException("ids: expected [batch, length], got " + ids.describe());
    }
  }
}
