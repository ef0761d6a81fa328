package io.github.attention4j.multimodal.audio;

import io.github.attention4j.api.Tensor;

/// Triangular filters on the Slaney mel scale, each of equal area.
///
/// Below 1 kHz $\text{mel} = 3f/200$, above $15 + 27 \ln(f/1000) / \ln 6.4$; corners equally spaced
/// in mel from 0 to half the sampling rate.
///
/// Source: M. Slaney, Auditory Toolbox (1998), as librosa and Whisper use it.
final class MelFilters {
  private static final double KNEE_HERTZ = 1000;
  private static final double KNEE_MEL = 15;
  private static final double STEP = 27 / Math.log(6.4);

  private final int bins;
  private final int[] first;
  private final double[][] weights;

  /**
   * A bank.
   *
   * @param bins of the spectrum, from 0 to half the sampling rate
   */
  MelFilters(int filters, int bins, int samplingRate) {
    this.bins = bins;
    this.first = new int[filters];
    this.weights = new double[filters][];
    double top = mel(samplingRate / 2.0);
    double[] corners = new double[filters + 2];
    for (int i = 0; i < corners.length; i++) {
      corners[i] = hertz(top * i / (filters + 1));
    }
    for (int m = 0; m < filters; m++) {
      build(m, corners, samplingRate);
    }
  }

  private void build(int m, double[] corners, int samplingRate) {
    double[] all = new double[bins];
    int from = bins;
    int to = 0;
    for (int k = 0; k < bins; k++) {
      double frequency = samplingRate / 2.0 * k / (bins - 1);
      double up = (frequency - corners[m]) / (corners[m + 1] - corners[m]);
      double down = (corners[m + 2] - frequency) / (corners[m + 2] - corners[m + 1]);
      all[k] = Math.max(0, Math.min(up, down)) * 2 / (corners[m + 2] - corners[m]);
      if (all[k] > 0) {
        from = Math.min(from, k);
        to = k + 1;
      }
    }
    first[m] = Math.min(from, to);
    weights[m] = java.util.Arrays.copyOfRange(all, first[m], to);
  }

  private static double mel(double hertz) {
    return hertz < KNEE_HERTZ ? 3 * hertz / 200 : KNEE_MEL + Math.log(hertz / KNEE_HERTZ) * STEP;
  }

  private static double hertz(double mel) {
    return mel < KNEE_MEL ? 200 * mel / 3 : KNEE_HERTZ * Math.exp((mel - KNEE_MEL) / STEP);
  }

  /** How many filters. */
  int count() {
    return first.length;
  }

  /** What one filter makes of a power spectrum. */
  double apply(int filter, double[] power) {
    double sum = 0;
    double[] own = weights[filter];
    for (int k = 0; k < own.length; k++) {
      sum += own[k] * power[first[filter] + k];
    }
    return sum;
  }

  /** All weights, `[bins, filters]`. */
  Tensor matrix() {
    Tensor matrix = Tensor.allocate(bins, first.length);
    for (int m = 0; m < first.length; m++) {
      for (int k = 0; k < weights[m].length; k++) {
        matrix.set((long) (first[m] + k) * first.length + m, (float) weights[m][k]);
      }
    }
    return matrix;
  }
}
