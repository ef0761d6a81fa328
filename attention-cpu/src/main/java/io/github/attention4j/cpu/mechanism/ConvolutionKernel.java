package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.LongConvolution;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.ConvolutionInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// [LongConvolution] by fast Fourier transforms of twice the length, so that nothing wraps around;
/// one task per channel.
///
/// A complex transform carries two real signals, two entries of the batch at a time, past one
/// spectrum of the filter. Short sequences, and those with NaN or infinity (which a transform would
/// spread to earlier positions), are summed directly.
final class ConvolutionKernel implements Computation {
  /// Up to this length the direct sum is faster.
  private static final int DIRECT = 64;

  private final LongConvolution mechanism;
  private final Set<Capture> captures;
  private final Scratch scratch = new Scratch();
  private @Nullable Fourier transform;

  ConvolutionKernel(LongConvolution mechanism, Set<Capture> captures) {
    this.mechanism = mechanism;
    this.captures = captures;
  }

  @Override
  public void run(Inputs inputs, ResultArrays results, WorkerPool pool) {
    ConvolutionInputs in = ConvolutionInputs.of(mechanism, inputs);
    int length = in.length();
    Tensor output = results.tensor(Result.OUTPUT, in.batch(), length, in.channels());
    Tensor matrices =
        captures.contains(Capture.WEIGHTS)
            ? results.tensor(Result.WEIGHTS, in.batch(), in.channels(), length, length)
            : null;
    Fourier fourier = length > DIRECT ? transform(length) : null;
    Scratch.Worker[] workers = scratch.take(pool.threads());
    try {
      pool.run(
          in.channels(),
          (channel, worker) -> {
            workers[worker].rewind();
            new Channel(in, channel, fourier, workers[worker]).run(output, matrices);
          });
    } finally {
      scratch.give(workers);
    }
  }

  private synchronized Fourier transform(int length) {
    int size = Math.multiplyExact(Integer.highestOneBit(length - 1), 4);
    Fourier present = transform;
    if (present == null || present.size() != size) {
      present = new Fourier(size);
      transform = present;
    }
    return present;
  }

  /// One channel of all entries.
  private final class Channel {
    private final ConvolutionInputs in;
    private final int channel;
    private final @Nullable Fourier fourier;
    private final int length;
    private final double[][] taps;
    private final double[][] spectraRe;
    private final double[][] spectraIm;
    private final double[] re;
    private final double[] im;
    private final double[][] entries;

    Channel(ConvolutionInputs in, int channel, @Nullable Fourier fourier, Scratch.Worker own) {
      this.in = in;
      this.channel = channel;
      this.fourier = fourier;
      length = in.length();
      int order = in.order();
      int size = fourier == null ? 0 : fourier.size();
      taps = own.matrix(order, in.taps());
      spectraRe = own.matrix(order, size);
      spectraIm = own.matrix(order, size);
      double[][] signals = own.matrix(2, size);
      re = signals[0];
      im = signals[1];
      entries = own.matrix(2, length);
      int stored = mechanism.filters().shape().intSize(2);
      for (int n = 0; n < order; n++) {
        long from = ((long) n * in.channels() + channel) * stored;
        for (int s = 0; s < taps[n].length; s++) {
          taps[n][s] = mechanism.filters().at(from + s);
        }
        if (fourier != null) {
          System.arraycopy(taps[n], 0, spectraRe[n], 0, taps[n].length);
          fourier.forward(spectraRe[n], spectraIm[n]);
        }
      }
    }

    void run(Tensor output, @Nullable Tensor matrices) {
      double[] x = entries[0];
      double[] y = entries[1];
      for (int b = 0; b < in.batch(); b += 2) {
        boolean pair = b + 1 < in.batch();
        read(b, x);
        if (pair) {
          read(b + 1, y);
        } else {
          Arrays.fill(y, 0);
        }
        recur(b, x, pair ? b + 1 : b, y);
        write(output, b, x);
        if (pair) {
          write(output, b + 1, y);
        }
      }
      for (int b = 0; matrices != null && b < in.batch(); b++) {
        for (int j = 0; j < length; j += 2) {
          // Column j of the matrix is the answer to a single 1 at position j.
          Arrays.fill(x, 0);
          Arrays.fill(y, 0);
          x[j] = 1;
          if (j + 1 < length) {
            y[j + 1] = 1;
          }
          recur(b, x, b, y);
          column(matrices, b, j, x);
          if (j + 1 < length) {
            column(matrices, b, j + 1, y);
          }
        }
      }
    }

    private void read(int b, double[] into) {
      for (int t = 0; t < length; t++) {
        into[t] = in.value().at(((long) b * length + t) * in.channels() + channel);
      }
    }

    private void write(Tensor output, int b, double[] from) {
      for (int t = 0; t < length; t++) {
        output.set(((long) b * length + t) * in.channels() + channel, (float) from[t]);
      }
    }

    private void column(Tensor matrices, int b, int j, double[] from) {
      long at = ((long) b * in.channels() + channel) * length;
      for (int t = 0; t < length; t++) {
        matrices.set((at + t) * length + j, t < j ? 0f : (float) from[t]);
      }
    }

    /// Runs two signals, each with the gates of its entry, through all orders in place.
    private void recur(int xEntry, double[] x, int yEntry, double[] y) {
      for (int n = 0; n < taps.length; n++) {
        if (fourier == null || !finite(x) || !finite(y)) {
          direct(taps[n], x);
          direct(taps[n], y);
        } else {
          convolve(fourier, n, x, y);
        }
        gate(n, xEntry, x);
        gate(n, yEntry, y);
      }
    }

    private void gate(int n, int b, double[] z) {
      for (int t = 0; t < length; t++) {
        z[t] *= in.gates().at((((long) n * in.batch() + b) * length + t) * in.channels() + channel);
      }
    }

    private void convolve(Fourier transform, int n, double[] x, double[] y) {
      System.arraycopy(x, 0, re, 0, length);
      System.arraycopy(y, 0, im, 0, length);
      Arrays.fill(re, length, re.length, 0);
      Arrays.fill(im, length, im.length, 0);
      transform.forward(re, im);
      double[] a = spectraRe[n];
      double[] c = spectraIm[n];
      for (int k = 0; k < re.length; k++) {
        double product = re[k] * a[k] - im[k] * c[k];
        im[k] = re[k] * c[k] + im[k] * a[k];
        re[k] = product;
      }
      transform.inverse(re, im);
      System.arraycopy(re, 0, x, 0, length);
      System.arraycopy(im, 0, y, 0, length);
    }
  }

  private static boolean finite(double[] x) {
    boolean finite = true;
    for (double value : x) {
      finite &= Double.isFinite(value);
    }
    return finite;
  }

  /// $(h * z)_t$, from the last position on, so that it can be done in place.
  private static void direct(double[] h, double[] z) {
    for (int t = z.length - 1; t >= 0; t--) {
      double sum = 0;
      for (int s = 0; s < h.length && s <= t; s++) {
        sum += h[s] * z[t - s];
      }
      z[t] = sum;
    }
  }
}
