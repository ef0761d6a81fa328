package io.github.attention4j.multimodal.audio;

import io.github.attention4j.api.Tensor;
import java.util.Arrays;

/// When each token was spoken, read off cross-attention: $z = (a - \mu) / \sigma$ over the tokens
/// of each head and frame (population), a median filter over frames, the mean over heads, and
/// [TimeWarping] of the negative.
///
/// Where all tokens give a frame the same weight ($\sigma = 0$), $z$ is 0. The median filter
/// reflects at the ends without repeating them, and is skipped where frames are no more than half
/// its width.
///
/// Source: Radford et al. 2022 (arXiv:2212.04356); openai/whisper `timing.py`.
///
/// @param normalized $z$, `[heads, tokens, frames]`
/// @param filtered after the median filter, `[heads, tokens, frames]`
/// @param matrix the mean over heads, `[tokens, frames]`
/// @param path through the negative of the matrix
public record TokenAlignment(Tensor normalized, Tensor filtered, Tensor matrix, TimeWarping path) {
  /// Seconds of one frame of Whisper's encoder.
  public static final double FRAME_SECONDS = 0.02;

  /// Aligns.
  ///
  /// @param attention weights of the chosen heads, `[heads, tokens, frames]`
  /// @param medianWidth odd
  /// @throws IllegalArgumentException if there is no head, token or frame, or the width is even
  public static TokenAlignment of(Tensor attention, int medianWidth) {
    int tokens = attention.shape().rank() == 3 ? attention.shape().intSize(1) : 0;
    return of(attention, medianWidth, 0, tokens);
  }

  /// Aligns some of the tokens: $z$ is taken over all of them, matrix and path over those from
  /// `from` to before `to`, as if the others (a prompt, the end) were not there.
  ///
  /// @param attention weights of the chosen heads, `[heads, tokens, frames]`
  /// @param medianWidth odd
  /// @throws IllegalArgumentException if there is no head, token or frame, or the width is even
  public static TokenAlignment of(Tensor attention, int medianWidth, int from, int to) {
    if (attention.shape().rank() != 3 || attention.shape().elements() == 0) {
      throw new IllegalArgumentException(
          "attention: expected [heads, tokens, frames], none of them 0, got "
              + attention.describe());
    }
    if (medianWidth < 1 || medianWidth % 2 != 1) {
      throw new IllegalArgumentException("medianWidth: expected an odd number, got " + medianWidth);
    }
    int heads = attention.shape().intSize(0);
    int tokens = attention.shape().intSize(1);
    int frames = attention.shape().intSize(2);
    if (from < 0 || to > tokens || from >= to) {
      throw new IllegalArgumentException(
          "from, to: expected some of " + tokens + " tokens, got " + from + " to " + to);
    }
    Tensor normalized = Tensor.allocate(heads, tokens, frames);
    Tensor filtered = Tensor.allocate(heads, tokens, frames);
    int rows = to - from;
    double[] mean = new double[Math.multiplyExact(rows, frames)];
    double[][] z = new double[tokens][frames];
    for (int h = 0; h < heads; h++) {
      normalize(attention, h, z);
      for (int t = 0; t < tokens; t++) {
        double[] smooth = median(z[t], medianWidth);
        for (int f = 0; f < frames; f++) {
          long at = ((long) h * tokens + t) * frames + f;
          normalized.set(at, (float) z[t][f]);
          filtered.set(at, (float) smooth[f]);
          if (t >= from && t < to) {
            mean[(t - from) * frames + f] += smooth[f] / heads;
          }
        }
      }
    }
    Tensor matrix = Tensor.allocate(rows, frames);
    for (int i = 0; i < mean.length; i++) {
      matrix.set(i, (float) mean[i]);
      mean[i] = -mean[i];
    }
    return new TokenAlignment(normalized, filtered, matrix, TimeWarping.of(mean, rows, frames));
  }

  /// The first frame of each token on the path.
  public int[] startFrames() {
    int[] starts = new int[matrix.shape().intSize(0)];
    Arrays.fill(starts, -1);
    for (int step = 0; step < path.steps(); step++) {
      if (starts[path.row(step)] < 0) {
        starts[path.row(step)] = path.column(step);
      }
    }
    return starts;
  }

  /// When each token of a sequence begins, in seconds, as the published implementation says it: 0
  /// for the prompt, the start of each aligned token, and the last start once more for the token
  /// that was written last and has no attention yet.
  ///
  /// @param attention weights of the chosen heads for the prompt and all tokens but the last,
  ///   `[heads, tokens, frames]`
  /// @param prompt how many tokens of a prompt are left out of the alignment
  /// @param frames how many frames of the encoder hold sound; the rest is left out
  /// @return one number per token, `tokens + 1` of them
  public static double[] times(Tensor attention, int prompt, int frames, int medianWidth) {
    int heads = attention.shape().intSize(0);
    int tokens = attention.shape().intSize(1);
    int all = attention.shape().intSize(2);
    if (prompt < 0 || prompt >= tokens || frames < 1 || frames > all) {
      throw new IllegalArgumentException(
          "prompt, frames: expected a prompt below "
              + tokens
              + " tokens and 1 to "
              + all
              + " frames, got "
              + prompt
              + " and "
              + frames);
    }
    Tensor spoken = Tensor.allocate(heads, tokens - prompt, frames);
    long to = 0;
    for (int h = 0; h < heads; h++) {
      for (int t = prompt; t < tokens; t++) {
        for (int f = 0; f < frames; f++) {
          spoken.set(to++, attention.at(((long) h * tokens + t) * all + f));
        }
      }
    }
    int[] starts = of(spoken, medianWidth).startFrames();
    double[] times = new double[tokens + 1];
    for (int t = 0; t < starts.length; t++) {
      times[prompt + t] = starts[t] * FRAME_SECONDS;
    }
    times[tokens] = times[tokens - 1];
    return times;
  }

  private static void normalize(Tensor attention, int head, double[][] to) {
    int tokens = to.length;
    int frames = to[0].length;
    for (int f = 0; f < frames; f++) {
      double mean = 0;
      for (int t = 0; t < tokens; t++) {
        to[t][f] = attention.at(((long) head * tokens + t) * frames + f);
        mean += to[t][f] / tokens;
      }
      double variance = 0;
      for (int t = 0; t < tokens; t++) {
        variance += (to[t][f] - mean) * (to[t][f] - mean) / tokens;
      }
      double deviation = Math.sqrt(variance);
      for (int t = 0; t < tokens; t++) {
        to[t][f] = deviation == 0 ? 0 : (to[t][f] - mean) / deviation;
      }
    }
  }

  private static double[] median(double[] row, int width) {
    int half = width / 2;
    if (row.length <= half) {
      return row.clone();
    }
    double[] result = new double[row.length];
    double[] window = new double[width];
    for (int f = 0; f < row.length; f++) {
      for (int k = 0; k < width; k++) {
        int at = Math.abs(f + k - half);
        window[k] = row[at < row.length ? at : 2 * (row.length - 1) - at];
      }
      Arrays.sort(window);
      result[f] = window[half];
    }
    return result;
  }
}
