package io.github.attention4j.multimodal.audio;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.checkpoint.Config;
import java.util.Arrays;

/// Whisper's spectrogram: power of a short-time Fourier transform (periodic Hann window, frames
/// centred, ends reflected, the last frame dropped), mel filters, $\log_{10}$, at most 8 below the
/// maximum of the whole input, then $(x + 4) / 4$.
///
/// Source: Radford et al. 2022 (arXiv:2212.04356), section 2.2; `WhisperFeatureExtractor`. Computed
/// in float64. Safe for use by several threads.
///
/// @param mels the number of mel filters: 80, or 128 for large-v3
/// @param samplingRate of the waveform in Hz
/// @param window samples in a window, also the size of the transform
/// @param hop samples from one frame to the next
/// @param chunk samples in a full window of the model
public record LogMel(int mels, int samplingRate, int window, int hop, int chunk) {
  private static final double RANGE = 8;

  public LogMel {
    if (mels < 1 || samplingRate < 2 || window < 2 || hop < 1 || chunk < window) {
      throw new IllegalArgumentException(
          "log-mel: expected mels, hop >= 1, samplingRate, window >= 2, chunk >= window, got "
              + Arrays.asList(mels, samplingRate, window, hop, chunk));
    }
  }

  /// The published front end: 16 kHz, windows of 25 ms every 10 ms, 30 seconds.
  ///
  /// @param mels 80 or 128
  public static LogMel whisper(int mels) {
    return new LogMel(mels, 16000, 400, 160, 480000);
  }

  /// As `preprocessor_config.json` says.
  public static LogMel read(Config config) {
    if (config.number("dither", 0) != 0) {
      throw config.refuse("dither", "0");
    }
    return new LogMel(
        config.integer("feature_size", 80),
        config.integer("sampling_rate", 16000),
        config.integer("n_fft", 400),
        config.integer("hop_length", 160),
        config.integer(
            "n_samples",
            Math.multiplyExact(
                config.integer("chunk_length", 30), config.integer("sampling_rate", 16000))));
  }

  /// The features of a waveform as long as it is: `[mels, ⌊samples / hop⌋]`.
  ///
  /// @param waveform mono, in -1..1
  /// @throws IllegalArgumentException if it is too short to be reflected at its ends
  public Tensor features(float[] waveform) {
    int half = window / 2;
    if (waveform.length <= half) {
      throw new IllegalArgumentException(
          "waveform: expected more than " + half + " samples, got " + waveform.length);
    }
    int frames = waveform.length / hop;
    MelFrame frame = new MelFrame(this);
    double[] samples = new double[window];
    double[] logs = new double[mels];
    double[] all = new double[Math.multiplyExact(mels, frames)];
    double largest = Double.NEGATIVE_INFINITY;
    for (int t = 0; t < frames; t++) {
      for (int i = 0; i < window; i++) {
        samples[i] = waveform[reflected(t * hop + i - half, waveform.length)];
      }
      frame.compute(samples, logs);
      for (int m = 0; m < mels; m++) {
        all[m * frames + t] = logs[m];
        largest = Math.max(largest, logs[m]);
      }
    }
    Tensor features = Tensor.allocate(mels, frames);
    for (int i = 0; i < all.length; i++) {
      features.set(i, scaled(all[i], largest));
    }
    return features;
  }

  /**
   * What the model reads.
   *
   * @param log of a mel band
   * @param largest of the whole sound
   */
  static float scaled(double log, double largest) {
    return (float) ((Math.max(log, largest - RANGE) + 4) / 4);
  }

  /// The features of a full window: the waveform cut or padded with zeros to [#chunk].
  public Tensor padded(float[] waveform) {
    return features(Arrays.copyOf(waveform, chunk));
  }

  /// The filters as a matrix `[window / 2 + 1, mels]`.
  public Tensor filters() {
    return new MelFilters(mels, window / 2 + 1, samplingRate).matrix();
  }

  private static int reflected(int at, int length) {
    int inside = Math.abs(at);
    return inside < length ? inside : 2 * (length - 1) - inside;
  }
}
