package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.inspect.Layout.Offsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Checks that a map is attention: rows sum to 1 or 0, masked keys get nothing, and its product
/// with the values is what the model computed.
final class Proof {
  /** More products than this are checked on evenly spread rows only. */
  private static final double MOST_PRODUCTS = 2e7;

  private static final double ROW_TOLERANCE = 1e-4;
  private static final double MASKED_TOLERANCE = 1e-6;

  private final List<String> held = new ArrayList<>();
  private final List<String> failed = new ArrayList<>();

  /// How exact the model's own arithmetic is.
  enum Precision {
    /// IEEE 754 binary32.
    FLOAT32(0, 0, 2e-5),
    /// binary16 or bfloat16.
    FLOAT16(1e-3, 1e-3, 4e-3),
    /// Eight bits with a scale.
    INT8(1.0 / 250, 1.0 / 120, 1.0 / 100);

    /** The error of a probability where it meets the values, absolute. */
    private final double weights;

    /** The error of a value, relative to the largest. */
    private final double values;

    /** The error of a weighted sum, relative to the largest value. */
    private final double output;

    Precision(double weights, double values, double output) {
      this.weights = weights;
      this.values = values;
      this.output = output;
    }

    /// How far the sum of a row may be from 1. Floats err in proportion to a probability, integers
    /// by half a step each.
    double row(int keys) {
      return switch (this) {
        case FLOAT32 -> ROW_TOLERANCE;
        case FLOAT16 -> 5e-3;
        case INT8 -> keys / 500.0;
      };
    }
  }

  /// Checks the sums of the rows.
  ///
  /// @param sink whether rows may sum to less, because a part went to a key that is not shown
  Proof rows(Offsets map, boolean sink, Precision precision) {
    double tolerance = precision.row(map.keys().length);
    double worst = 0;
    long zero = 0;
    long wrong = 0;
    long rows = 0;
    for (long b : map.batch()) {
      for (long h : map.heads()) {
        for (long q : map.queries()) {
          double sum = 0;
          double least = 0;
          for (long k : map.keys()) {
            double weight = map.array().at(b + h + q + k);
            sum += weight;
            least = Math.min(least, weight);
          }
          rows++;
          if (sum == 0 && least == 0) {
            zero++;
          } else if (least >= -precision.weights
              && (sink ? sum <= 1 + tolerance : Math.abs(sum - 1) <= tolerance)) {
            worst = Math.max(worst, Math.abs(sum - 1));
          } else {
            wrong++;
          }
        }
      }
    }
    if (wrong > 0) {
      failed.add(wrong + " of " + rows + " rows do not sum to 1 or 0");
    } else if (sink) {
      held.add("rows sum to at most 1, the rest goes to a sink");
    } else {
      held.add(
          zero == rows
              ? "all rows are 0"
              : "rows sum to 1 within "
                  + figure(worst)
                  + (zero > 0 ? ", " + zero + " of " + rows + " to 0" : ""));
    }
    return this;
  }

  /// Checks that the product of map and values is what the model computed.
  Proof product(Offsets map, Offsets values, Offsets output, double factor, Precision precision) {
    int sizes = output.size().length;
    double products =
        (double) map.batch().length
            * map.heads().length
            * map.queries().length
            * map.keys().length
            * sizes;
    int step = (int) Math.max(1, Math.ceil(products / MOST_PRODUCTS));
    double largest = largest(values.array());
    double worst = 0;
    long wrong = 0;
    long rows = 0;
    double[] sums = new double[sizes];
    for (int b = 0; b < map.batch().length; b++) {
      for (int h = 0; h < map.heads().length; h++) {
        for (int q = 0; q < map.queries().length; q += step) {
          double slack =
              weigh(
                  map,
                  map.batch()[b] + map.heads()[h] + map.queries()[q],
                  values,
                  values.batch()[b] + values.heads()[h],
                  factor,
                  sums);
          double bound =
              1e-6
                  + precision.weights * slack
                  + (precision.values + precision.output) * largest * Math.abs(factor);
          long at = output.batch()[b] + output.heads()[h] + output.queries()[q];
          boolean close = true;
          for (int d = 0; d < sizes; d++) {
            double error = Math.abs(output.array().at(at + output.size()[d]) - sums[d]);
            close &= error <= bound;
            worst = Math.max(worst, error);
          }
          rows++;
          wrong += close ? 0 : 1;
        }
      }
    }
    String which = step == 1 ? "" : ", on one row in " + step;
    if (wrong > 0) {
      failed.add(
          "its product with the values differs from what the model computed in "
              + wrong
              + " of "
              + rows
              + " rows, by up to "
              + figure(worst));
    } else {
      held.add("P·V is what the model computed within " + figure(worst) + which);
    }
    return this;
  }

  /**
   * One row of the product into `sums`; returns the sum of the values' greatest magnitudes, for the
   * bound.
   */
  private static double weigh(
      Offsets map, long row, Offsets values, long start, double factor, double[] sums) {
    Arrays.fill(sums, 0);
    double slack = 0;
    for (int k = 0; k < map.keys().length; k++) {
      double weight = map.array().at(row + map.keys()[k]) * factor;
      double most = 0;
      for (int d = 0; d < sums.length; d++) {
        double value = values.array().at(start + values.keys()[k] + values.size()[d]);
        most = Math.max(most, Math.abs(value));
        // A masked key's value may be anything, NaN as well.
        sums[d] += weight == 0 ? 0 : weight * value;
      }
      slack += Double.isNaN(most) ? 0 : most;
    }
    return slack;
  }

  private static double largest(Tensor values) {
    double largest = 0;
    for (long i = 0, n = values.shape().elements(); i < n; i++) {
      float magnitude = Math.abs(values.at(i));
      largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
  }

  /// Whether a cell is masked.
  @FunctionalInterface
  interface Mask {
    boolean masks(int batch, int head, int query, int key);
  }

  /// Checks that masked keys get nothing in rows that have any other key.
  Proof masked(Offsets map, @Nullable Mask mask) {
    if (mask == null) {
      return this;
    }
    long cells = 0;
    long leaking = 0;
    double worst = 0;
    int keys = map.keys().length;
    for (int b = 0; b < map.batch().length; b++) {
      for (int h = 0; h < map.heads().length; h++) {
        for (int q = 0; q < map.queries().length; q++) {
          long row = map.batch()[b] + map.heads()[h] + map.queries()[q];
          int open = 0;
          for (int k = 0; k < keys; k++) {
            open += mask.masks(b, h, q, k) ? 0 : 1;
          }
          for (int k = 0; k < keys && open > 0; k++) {
            if (mask.masks(b, h, q, k)) {
              double weight = map.array().at(row + map.keys()[k]);
              cells++;
              worst = Math.max(worst, weight);
              leaking += weight <= MASKED_TOLERANCE ? 0 : 1;
            }
          }
        }
      }
    }
    if (leaking > 0) {
      failed.add(leaking + " of " + cells + " masked cells are not 0, but up to " + figure(worst));
    } else if (cells > 0) {
      held.add(cells + " masked cells are 0");
    }
    return this;
  }

  /// Notes something that was not checked.
  Proof unchecked(String what) {
    held.add("not checked: " + what);
    return this;
  }

  /// The outcome for people.
  ///
  /// @param recomputed whether the map was recomputed rather than read
  String text(boolean recomputed) {
    if (failed.isEmpty()) {
      return (recomputed ? "recomputed and verified: " : "verified: ") + String.join("; ", held);
    }
    return (recomputed ? "recomputed, not verified: " : "not verified: ")
        + String.join("; ", failed)
        + (held.isEmpty() ? "" : " (but " + String.join("; ", held) + ")");
  }

  /// Whether every check held.
  boolean holds() {
    return failed.isEmpty();
  }

  private static String figure(double value) {
    return String.format(Locale.ROOT, "%.1e", value);
  }
}
