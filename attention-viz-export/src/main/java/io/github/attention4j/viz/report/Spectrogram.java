package io.github.attention4j.viz.report;

import io.github.attention4j.api.Tensor;

/// The sound a model listened to.
///
/// @param energies `[bins, frames]`, the lowest frequency first, on any scale
/// @param seconds how long the frames last together
public record Spectrogram(Tensor energies, double seconds) {
  public Spectrogram {
    if (energies.shape().rank() != 2 || energies.shape().elements() == 0) {
      throw new IllegalArgumentException(
          "energies: expected [bins, frames] with both above 0, got " + energies.describe());
    }
    if (!(seconds > 0) || Double.isInfinite(seconds)) {
      throw new IllegalArgumentException("seconds: expected a finite number > 0, got " + seconds);
    }
  }

  /// A grey picture, low frequencies at the bottom, from the least to the largest energy.
  Picture picture() {
    int bins = energies.shape().intSize(0);
    int frames = energies.shape().intSize(1);
    float least = Float.POSITIVE_INFINITY;
    float largest = Float.NEGATIVE_INFINITY;
    for (long i = 0; i < energies.shape().elements(); i++) {
      least = Math.min(least, energies.at(i));
      largest = Math.max(largest, energies.at(i));
    }
    float range = largest > least ? largest - least : 1;
    byte[] pixels = new byte[3 * bins * frames];
    for (int bin = 0; bin < bins; bin++) {
      for (int frame = 0; frame < frames; frame++) {
        float share = (energies.at((long) bin * frames + frame) - least) / range;
        int at = 3 * ((bins - 1 - bin) * frames + frame);
        java.util.Arrays.fill(pixels, at, at + 3, (byte) Math.round(255 * share));
      }
    }
    return Picture.of(Png.of(frames, bins, pixels));
  }
}
