package io.github.attention4j.multimodal.audio;

import java.io.IOException;

/// Sound at another rate, piece by piece; see [SincResampler].
final class ResampledSource implements SampleSource {
  private static final int PIECE = 1 << 14;

  private final SampleSource source;
  private final SincResampler resampler;
  private final int rate;
  private final float[] piece = new float[PIECE];

  // Samples of the source from number `first` on.
  private float[] held = new float[2 * PIECE];
  private long first;
  private int count;
  private boolean ended;
  private long next;

  ResampledSource(SampleSource source, int rate) {
    this.source = source;
    this.resampler = new SincResampler(source.samplingRate(), rate);
    this.rate = rate;
  }

  @Override
  public int samplingRate() {
    return rate;
  }

  @Override
  public int read(float[] into, int from, int length) throws IOException {
    int written = 0;
    while (written < length) {
      while (!ended && resampler.lastNeeded(next) >= first + count) {
        more();
      }
      if (ended && next >= resampler.length(first + count)) {
        return written == 0 ? -1 : written;
      }
      into[from + written++] = resampler.sample(next++, held, first, count);
    }
    return written;
  }

  private void more() throws IOException {
    long needed = Math.clamp(resampler.firstNeeded(next), first, first + count);
    int drop = (int) (needed - first);
    int read = source.read(piece, 0, PIECE);
    if (read < 0) {
      ended = true;
      return;
    }
    count -= drop;
    first = needed;
    float[] to = count + read > held.length ? new float[2 * (count + read)] : held;
    System.arraycopy(held, drop, to, 0, count);
    System.arraycopy(piece, 0, to, count, read);
    held = to;
    count += read;
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
