package io.github.attention4j.multimodal.audio;

/// One frame of [LogMel]: Hann window, spectrum, mel filters, logarithm. For one thread at a time.
final class MelFrame {
  private static final double FLOOR = 1e-10;

  private final double[] hann;
  private final MixedRadixFft fft;
  private final MelFilters filters;
  private final double[] windowed;
  private final double[] real;
  private final double[] imaginary;
  private final double[] power;

  MelFrame(LogMel mel) {
    int window = mel.window();
    hann = new double[window];
    for (int i = 0; i < window; i++) {
      hann[i] = 0.5 - 0.5 * Math.cos(2 * Math.PI * i / window);
    }
    fft = new MixedRadixFft(window);
    filters = new MelFilters(mel.mels(), window / 2 + 1, mel.samplingRate());
    windowed = new double[window];
    real = new double[window];
    imaginary = new double[window];
    power = new double[window / 2 + 1];
  }

  /**
   * The logarithms of the mel bands.
   *
   * @param samples a window of them
   * @param logs one per band, not yet scaled
   */
  void compute(double[] samples, double[] logs) {
    for (int i = 0; i < windowed.length; i++) {
      windowed[i] = hann[i] * samples[i];
    }
    fft.transform(windowed, real, imaginary);
    for (int k = 0; k < power.length; k++) {
      power[k] = real[k] * real[k] + imaginary[k] * imaginary[k];
    }
    for (int m = 0; m < logs.length; m++) {
      logs[m] = Math.log10(Math.max(filters.apply(m, power), FLOOR));
    }
  }
}
