package io.github.attention4j.multimodal.audio;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Tensor;
import java.util.Arrays;

/// Dynamic time warping: the cheapest monotonic path through a matrix of costs, from the first cell
/// to the last.
///
/// $D_{ij} = c_{ij} + \min(D_{i-1,j-1}, D_{i-1,j}, D_{i,j-1})$ with steps diagonal, down, right.
/// Ties as in Whisper: diagonal only if strictly cheaper than both others, else down only if
/// strictly cheaper than both others, else right. For the path $D$ is kept in float32, so that ties
/// fall as they do there; where diagonal and down tie below right, Whisper's rule goes right all
/// the same, and the path is dearer than it had to be.
///
/// Source: Sakoe & Chiba 1978; openai/whisper `timing.py`.
///
/// @param path row and column of each step, int64 `[steps, 2]`
/// @param totalCost $D$ of the last cell, in float64: what a cheapest path costs
public record TimeWarping(LongTensor path, double totalCost) {
  private static final byte DIAGONAL = 0;
  private static final byte DOWN = 1;
  private static final byte RIGHT = 2;

  /// How many steps.
  public int steps() {
    return path.shape().intSize(0);
  }

  /// The row of a step.
  public int row(int step) {
    return Math.toIntExact(path.at(2L * step));
  }

  /// The column of a step.
  public int column(int step) {
    return Math.toIntExact(path.at(2L * step + 1));
  }

  /// The path through `costs` `[rows, columns]`.
  ///
  /// @throws IllegalArgumentException if there is no cell
  public static TimeWarping of(Tensor costs) {
    if (costs.shape().rank() != 2 || costs.shape().elements() == 0) {
      throw new IllegalArgumentException(
          "costs: expected [rows, columns] with at least one cell, got " + costs.describe());
    }
    float[] values = costs.toArray();
    double[] exact = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      exact[i] = values[i];
    }
    return of(exact, costs.shape().intSize(0), costs.shape().intSize(1));
  }

  /** The path through costs in float64, row by row. */
  static TimeWarping of(double[] costs, int height, int width) {
    return new TimeWarping(
        back(steps(costs, height, width), height, width), least(costs, height, width));
  }

  private static double least(double[] costs, int height, int width) {
    // One row of D at a time; before[0] stands left of the first column.
    double[] before = new double[width + 1];
    Arrays.fill(before, Double.POSITIVE_INFINITY);
    before[0] = 0;
    for (int i = 0; i < height; i++) {
      double diagonal = before[0];
      before[0] = Double.POSITIVE_INFINITY;
      for (int j = 1; j <= width; j++) {
        double down = before[j];
        before[j] = costs[i * width + j - 1] + Math.min(diagonal, Math.min(down, before[j - 1]));
        diagonal = down;
      }
    }
    return before[width];
  }

  private static byte[] steps(double[] costs, int height, int width) {
    byte[] steps = new byte[Math.multiplyExact(height, width)];
    // One column at a time: above is D[i-1] and before is D[i], of the column to the left and of
    // this one.
    float[] left = new float[height + 1];
    Arrays.fill(left, Float.POSITIVE_INFINITY);
    left[0] = 0;
    for (int j = 0; j < width; j++) {
      float[] here = new float[height + 1];
      here[0] = Float.POSITIVE_INFINITY;
      for (int i = 1; i <= height; i++) {
        float diagonal = left[i - 1];
        float down = here[i - 1];
        float right = left[i];
        byte step =
            diagonal < down && diagonal < right
                ? DIAGONAL
                : down < diagonal && down < right ? DOWN : RIGHT;
        float before = step == DIAGONAL ? diagonal : step == DOWN ? down : right;
        steps[(i - 1) * width + j] = step;
        here[i] = (float) (costs[(i - 1) * width + j] + before);
      }
      left = here;
    }
    return steps;
  }

  private static LongTensor back(byte[] steps, int height, int width) {
    // Written from the end: pairs of row and column.
    long[] pairs = new long[2 * (height + width)];
    int at = pairs.length;
    int i = height - 1;
    int j = width - 1;
    while (i >= 0 && j >= 0) {
      at -= 2;
      pairs[at] = i;
      pairs[at + 1] = j;
      // On the border only one way leads back.
      byte step =
          i == 0 && j == 0 ? DIAGONAL : i == 0 ? RIGHT : j == 0 ? DOWN : steps[i * width + j];
      i -= step == RIGHT ? 0 : 1;
      j -= step == DOWN ? 0 : 1;
    }
    return LongTensor.of(Arrays.copyOfRange(pairs, at, pairs.length), (pairs.length - at) / 2, 2);
  }
}
