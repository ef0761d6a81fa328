package io.github.attention4j.multimodal.audio;

import io.github.attention4j.api.Tensor;
import java.io.IOException;
import java.util.Arrays;

/// What a speech model listens to, window by window: the features of a whole sound of any length,
/// of which only one window is in memory. For one thread at a time; windows go forward only.
///
/// The sound is read twice: once for its length and its loudest band, by which [LogMel] scales all
/// windows, and once for the windows. Sound that fits one window is followed by silence, as
/// `WhisperFeatureExtractor` pads it; windows that reach beyond the end of longer sound are filled
/// with zeros of the features, as both published implementations do.
public final class MelWindows implements AutoCloseable {
  private final LogMel mel;
  private final MelFrames frames;
  private final long samples;
  private final double largest;
  private final int window;

  // Frames from number `first` on, each `mels` values.
  private final float[][] held;
  private long first;
  private int count;

  private MelWindows(LogMel mel, MelFrames frames, long samples, double largest) {
    this.mel = mel;
    this.frames = frames;
    this.samples = samples;
    this.largest = largest;
    this.window = mel.chunk() / mel.hop();
    this.held = new float[window][];
  }

  /// What gives the same sound each time it is opened.
  @FunctionalInterface
  public interface Sound {
    /// The sound from its beginning, at this rate.
    SampleSource open(int samplingRate) throws IOException;
  }

  /// Is told how many frames of the sound were measured so far.
  @FunctionalInterface
  public interface Progress {
    /// This many.
    void frames(long done);
  }

  /// Measures a sound.
  ///
  /// @throws IllegalArgumentException if it has no samples
  public static MelWindows of(LogMel mel, Sound sound, Progress progress) throws IOException {
    long samples;
    // The silence behind the sound is the least loud there can be.
    double largest = Double.NEGATIVE_INFINITY;
    try (MelFrames measured = new MelFrames(mel, sound.open(mel.samplingRate()))) {
      double[] logs = new double[mel.mels()];
      for (long done = 1; measured.hears(); done++) {
        measured.next(logs);
        for (double log : logs) {
          largest = Math.max(largest, log);
        }
        progress.frames(done);
      }
      samples = measured.length();
    }
    if (samples == 0) {
      throw new IllegalArgumentException("sound: expected at least one sample, got none");
    }
    return new MelWindows(
        mel, new MelFrames(mel, sound.open(mel.samplingRate())), samples, largest);
  }

  /// How many frames hold sound; at least 1.
  public long frames() {
    return Math.max(1, samples / mel.hop());
  }

  /// Frames of a window.
  public int window() {
    return window;
  }

  /// Seconds from one frame to the next.
  public double frameSeconds() {
    return mel.hop() / (double) mel.samplingRate();
  }

  /// How long the sound lasts.
  public double seconds() {
    return samples / (double) mel.samplingRate();
  }

  /// The features of the window that begins with a frame, `[1, mels, window]`.
  ///
  /// @param frame not before that of the window before
  public Tensor at(long frame) throws IOException {
    if (frame < first || frame >= frames()) {
      throw new IllegalArgumentException(
          "frame: expected " + first + " to " + (frames() - 1) + ", got " + frame);
    }
    int drop = (int) Math.min(count, frame - first);
    System.arraycopy(held, drop, held, 0, count - drop);
    count -= drop;
    first += drop;
    double[] logs = new double[mel.mels()];
    while (first < frame) {
      frames.next(logs);
      first++;
    }
    long end = frames() <= window ? window : Math.min(frames(), frame + window);
    while (count < window && first + count < end) {
      frames.next(logs);
      float[] scaled = new float[logs.length];
      for (int m = 0; m < logs.length; m++) {
        scaled[m] = LogMel.scaled(logs[m], largest);
      }
      held[count++] = scaled;
    }
    float[] features = new float[mel.mels() * window];
    for (int t = 0; t < count; t++) {
      for (int m = 0; m < mel.mels(); m++) {
        features[m * window + t] = held[t][m];
      }
    }
    Arrays.fill(held, count, window, new float[0]);
    return Tensor.of(features, 1, mel.mels(), window);
  }

  @Override
  public void close() throws IOException {
    frames.close();
  }
}
