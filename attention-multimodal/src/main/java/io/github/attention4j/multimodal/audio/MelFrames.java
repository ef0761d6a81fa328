package io.github.attention4j.multimodal.audio;

import java.io.IOException;

/// The frames of a sound one after the other, as [LogMel] computes them of the sound followed by
/// silence: reflected at the beginning, zeros at the end. For one thread at a time.
final class MelFrames implements AutoCloseable {
  private static final int PIECE = 1 << 13;

  private final LogMel mel;
  private final SampleSource source;
  private final MelFrame frame;
  private final double[] samples;
  private final float[] held;

  // Samples from number `first` on; zeros once the source has ended.
  private long first;
  private int count;
  private long length;
  private boolean ended;
  private long next;

  MelFrames(LogMel mel, SampleSource source) {
    this.mel = mel;
    this.source = source;
    this.frame = new MelFrame(mel);
    this.samples = new double[mel.window()];
    this.held = new float[PIECE + 2 * mel.window() + mel.hop()];
  }

  /**
   * The next frame.
   *
   * @param logs one per band, not yet scaled
   */
  void next(double[] logs) throws IOException {
    int half = mel.window() / 2;
    long start = next * mel.hop() - half;
    hold(Math.max(0, start), Math.max(start, -start) + mel.window());
    for (int i = 0; i < samples.length; i++) {
      int at = (int) (Math.abs(start + i) - first);
      samples[i] = at < count ? held[at] : 0;
    }
    frame.compute(samples, logs);
    next++;
  }

  /** Whether the next frame hears any of the sound; reads on if need be. */
  boolean hears() throws IOException {
    long start = next * mel.hop() - mel.window() / 2;
    hold(Math.max(0, start), start + mel.window());
    return start < length;
  }

  /** How many samples the sound has, once it has ended. */
  long length() {
    return length;
  }

  /** Drops samples before one and reads until another, where there are so many. */
  private void hold(long from, long until) throws IOException {
    while (!ended && first + count < until) {
      int drop = (int) Math.min(count, from - first);
      System.arraycopy(held, drop, held, 0, count - drop);
      count -= drop;
      first += drop;
      int read = source.read(held, count, Math.min(PIECE, held.length - count));
      if (read < 0) {
        ended = true;
      } else {
        count += read;
        length += read;
      }
    }
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
