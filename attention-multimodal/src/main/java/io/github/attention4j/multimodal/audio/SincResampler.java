package io.github.attention4j.multimodal.audio;

/// Changes the rate of a waveform: $y(t) = \sum_n x_n\, h(t - n)$ with a Hann-windowed sinc $h$,
/// one set of taps for each phase.
///
/// Source: J. O. Smith, Digital Audio Resampling.
final class SincResampler {
  private static final int CROSSINGS = 6;
  private static final double ROLL_OFF = 0.99;

  private SincResampler() {}

  static float[] resample(float[] samples, int from, int to) {
    int divisor = gcd(from, to);
    int up = to / divisor;
    int down = from / divisor;
    // Frequencies are relative to the source's sampling rate.
    double cutoff = ROLL_OFF * Math.min(1, (double) to / from);
    double reach = CROSSINGS / cutoff;
    int side = (int) Math.ceil(reach);
    double[][] phases = new double[up][];
    long length = ((long) samples.length * to + from - 1) / from;
    float[] result = new float[Math.toIntExact(length)];
    for (int i = 0; i < result.length; i++) {
      long position = (long) i * down;
      int at = (int) (position / up);
      int phase = (int) (position % up);
      if (phases[phase] == null) {
        phases[phase] = taps((double) phase / up, cutoff, reach, side);
      }
      result[i] = (float) dot(samples, at - side, phases[phase]);
    }
    return result;
  }

  private static double[] taps(double fraction, double cutoff, double reach, int side) {
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

  private static double dot(float[] samples, int first, double[] taps) {
    double sum = 0;
    int from = Math.max(0, -first);
    int to = Math.min(taps.length, samples.length - first);
    for (int k = from; k < to; k++) {
      sum += taps[k] * samples[first + k];
    }
    return sum;
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
