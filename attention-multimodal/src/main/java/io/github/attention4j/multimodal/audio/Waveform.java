package io.github.attention4j.multimodal.audio;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// Mono sound: samples in -1..1 at a rate. Immutable.
public final class Waveform {
  private static final int LONGEST = Integer.MAX_VALUE - 8;

  private final float[] samples;
  private final int samplingRate;

  /// Sound.
  ///
  /// @param samples one per moment; copied
  /// @param samplingRate in Hz
  public Waveform(float[] samples, int samplingRate) {
    if (samplingRate < 1 || samplingRate > WaveFormat.HIGHEST_RATE) {
      throw new IllegalArgumentException(
          "samplingRate: expected 1 to " + WaveFormat.HIGHEST_RATE + " Hz, got " + samplingRate);
    }
    this.samples = samples.clone();
    this.samplingRate = samplingRate;
  }

  /// The samples, copied; channels of a file are averaged.
  public float[] samples() {
    return samples.clone();
  }

  /// The number of samples.
  public int length() {
    return samples.length;
  }

  /// Samples per second.
  public int samplingRate() {
    return samplingRate;
  }

  /// How long it lasts.
  public double seconds() {
    return samples.length / (double) samplingRate;
  }

  /// Reads a whole [WaveFile].
  ///
  /// @throws IllegalArgumentException if it is something else, or ends early; says what was
  ///   expected and what came
  public static Waveform read(Path file) throws IOException {
    return whole(WaveFile.open(file));
  }

  static Waveform parse(String source, ByteBuffer file) throws IOException {
    return whole(WaveFile.of(source, file));
  }

  private static Waveform whole(WaveFile file) throws IOException {
    if (file.length() > LONGEST) {
      throw new IllegalArgumentException(
          file.source()
              + ": expected at most "
              + LONGEST
              + " samples where all are held at once, got "
              + file.length());
    }
    float[] samples = new float[(int) file.length()];
    try (SampleSource in = file.samples()) {
      for (int at = 0, read; at < samples.length; at += read) {
        read = in.read(samples, at, samples.length - at);
      }
    }
    return new Waveform(samples, file.samplingRate());
  }

  /// The same sound piece by piece.
  public SampleSource source() {
    return new SampleSource() {
      private int next;

      @Override
      public int samplingRate() {
        return samplingRate;
      }

      @Override
      public int read(float[] into, int from, int length) {
        int count = Math.min(length, samples.length - next);
        System.arraycopy(samples, next, into, from, count);
        next += count;
        return count == 0 ? -1 : count;
      }

      @Override
      public void close() {
        // There is nothing to close.
      }
    };
  }

  /// The same sound at another rate, band-limited by a windowed sinc (Hann, six zero crossings, cut
  /// at 0.99 of the lower rate's half); as long as $\lceil \text{samples} \cdot \text{to} /
  /// \text{from} \rceil$.
  public Waveform resampled(int rate) {
    if (rate == samplingRate) {
      return this;
    }
    return new Waveform(SincResampler.resample(samples, samplingRate, rate), rate);
  }
}
