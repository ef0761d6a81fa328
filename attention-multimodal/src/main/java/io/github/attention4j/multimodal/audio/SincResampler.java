package io.github.attention4j.multimodal.audio;

/// Changes the rate of a waveform: $y(t) = \sum_n x_n\, h(t - n)$ with a Hann-windowed sinc $h$,
/// one set of taps for each phase.
///
/// Source: J. O. Smith, Digital Audio Resampling.
final class SincResampler {
  private static final int CROSSINGS = 6;
  private static final double ROLL_OFF = 0.99;

  private final int from;
  private final int to;
  private final int up;
  private final int down;
  private final double cutoff;
  private final double reach;
  private final int side;
  private final double[][] phases;

  SincResampler(int from, int to) {
    this.from = from;
    this.to = to;
    int divisor = gcd(from, to);
    this.up = to / divisor;
    this.down = from / divisor;
    // Frequencies are relative to the source's sampling rate.
    this.cutoff = ROLL_OFF * Math.min(1, (double) to / from);
    this.reach = CROSSINGS / cutoff;
    this.side = (int) Math.ceil(reach);
    this.phases = new double[up][];
  }

  static float[] resample(float[] samples, int from, int to) {
    SincResampler resampler = new SincResampler(from, to);
    float[] result = new float[Math.toIntExact(resampler.length(samples.length))];
    for (int i = 0; i < result.length; i++) {
      result[i] = resampler.sample(i, samples, 0, samples.length);
    }
    return result;
  }

  /** How many samples this many become. */
  long length(long samples) {
    return (samples * to + from - 1) / from;
  }

  /** The first sample of the source that a sample of the result depends on; may be negative. */
  long firstNeeded(long index) {
    return index * down / up - side;
  }

  /** The last sample of the source that a sample of the result depends on. */
  long lastNeeded(long index) {
    return index * down / up + side + 1;
  }

  /**
   * One sample of the result.
   *
   * @param samples of the source
   * @param first the number of the first of them; those outside are 0
   * @param count how many of them
   */
  float sample(long index, float[] samples, long first, int count) {
    long position = index * down;
    int phase = (int) (position % up);
    if (phases[phase] == null) {
      phases[phase] = taps((double) phase / up);
    }
    return (float) dot(samples, position / up - side - first, count, phases[phase]);
  }

  private double[] taps(double fraction) {
    double[] taps = new double[2 * side + 2];
    for (int k = 0; k < taps.length; k++) {
      double t = k - side - fraction;
      if (Math.abs(t) < reach) {
        double x = Math.PI * cutoff * t;
        double sinc = x == 0 ? 1 : Math.sin(x) / x;
        double window = Math.cos(Math.PI * t / (2 * reach));
        taps[k] = cutoff * sinc * window * window;
      }
    }
    return taps;
  }

  private static double dot(float[] samples, long first, int count, double[] taps) {
    double sum = 0;
    int begin = Math.clamp(-first, 0, taps.length);
    int end = Math.clamp(count - first, 0, taps.length);
    for (int k = begin; k < end; k++) {
      sum += taps[k] * samples[(int) (first + k)];
    }
    return sum;
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
