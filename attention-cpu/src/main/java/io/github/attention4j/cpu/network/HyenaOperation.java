package io.github.attention4j.cpu.network;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.LongConvolution;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.cpu.plan.ConvolutionInputs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// [Layer.Hyena] and [Layer.ShortConvolution]: causal convolutions, which in a session remember
/// what they were given.
///
/// A plain run and the first step of a session convolve by transforms; later steps, few positions
/// at a time, by the sum over all lags, which for one position is less work.
final class HyenaOperation implements Operation {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final String node;
  private final boolean continues;
  private final Attention whole;
  private final Attention[] single;
  private final float[][] lags;

  HyenaOperation(
      AttentionProvider provider, String node, LongConvolution operator, boolean continues) {
    this.node = node;
    this.continues = continues;
    this.whole = provider.prepare(Request.of(operator));
    Tensor filters = operator.filters();
    int order = continues ? filters.shape().intSize(0) : 0;
    long channels = filters.shape().size(1);
    long taps = filters.shape().size(2);
    this.single = new Attention[order];
    this.lags = new float[order][];
    for (int n = 0; n < order; n++) {
      Tensor filter = Tensor.allocate(1, channels, taps);
      long bytes = 4 * channels * taps;
      MemorySegment.copy(filters.segment(), n * bytes, filter.segment(), 0, bytes);
      single[n] = provider.prepare(Request.of(new LongConvolution(filter)));
      lags[n] = lagged(filter.reshape(channels, taps));
    }
  }

  /// Filters `[channels, taps]` as `[taps][channels]`.
  private static float[] lagged(Tensor filter) {
    int channels = filter.shape().intSize(0);
    int taps = filter.shape().intSize(1);
    float[] h = new float[taps * channels];
    for (int c = 0; c < channels; c++) {
      for (int s = 0; s < taps; s++) {
        h[s * channels + c] = filter.at((long) c * taps + s);
      }
    }
    return h;
  }

  @Override
  public Value run(Context context, Value[] from) {
    Value.Floats value = context.dense(Operations.floats(from, from.length - 1));
    Operations.expect(value, "[batch, length, channels]", -1, -1, -1);
    int gates = from.length - 1;
    Tensor all = Tensor.allocate(gates, value.size(0), value.size(1), value.size(2));
    long bytes = 4 * value.shape().elements();
    for (int n = 0; n < gates; n++) {
      Value.Floats gate = Operations.floats(from, n);
      Operations.expect(gate, "the shape of the value", value.shape().toArray());
      Value.Floats dense = context.dense(gate);
      MemorySegment.copy(dense.segment(), 0, all.segment(), n * bytes, bytes);
      context.buffers().release(dense);
    }
    Value.Floats output =
        continues && context.remembers()
            ? step(context, all, value.tensor())
            : Value.Floats.of(output(whole, all, value.tensor()));
    context.buffers().release(value);
    return output;
  }

  private static Tensor output(Attention attention, Tensor gates, Tensor value) {
    return attention
        .run(Inputs.none().with(ConvolutionInputs.GATES, gates).with(Inputs.VALUE, value))
        .output();
  }

  /// One gate after the other; the input of each convolution is remembered.
  private Value.Floats step(Context context, Tensor gates, Tensor value) {
    long[] sizes = gates.shape().toArray();
    if (sizes[0] != single.length) {
      throw new IllegalArgumentException(
          "inputs: expected " + single.length + " gates and a value, got " + sizes[0] + " gates");
    }
    long bytes = 4 * value.shape().elements();
    Tensor z = value;
    for (int n = 0; n < single.length; n++) {
      Memory memory = context.memory(node, n);
      boolean first = memory.length() == 0;
      memory.append(Value.Floats.of(z));
      Tensor gate = Tensor.wrap(gates.segment().asSlice(n * bytes, bytes), value.shape());
      if (first) {
        z = output(single[n], gate.reshape(1, sizes[1], sizes[2], sizes[3]), z);
      } else {
        Tensor convolved = Tensor.allocate(value.shape());
        convolve(memory.value(), lags[n], convolved);
        for (long i = 0; i < convolved.shape().elements(); i++) {
          convolved.set(i, convolved.at(i) * gate.at(i));
        }
        z = convolved;
      }
    }
    return Value.Floats.of(z);
  }

  /// [Layer.ShortConvolution].
  ///
  /// @param continues whether it is given the next positions in a session
  static Operation shortConvolution(String node, Tensor filter, boolean continues) {
    int channels = filter.shape().intSize(0);
    float[] h = lagged(filter);
    return (context, from) -> {
      Value.Floats x = Operations.floats(from, 0);
      Operations.expect(x, "[batch, length, channels]", -1, -1, channels);
      Value.Floats all = x;
      if (continues && context.remembers()) {
        Memory memory = context.memory(node);
        memory.append(x);
        all = memory.value();
      }
      Value.Floats y = context.floats(x.shape());
      convolve(all, h, y.tensor());
      return y;
    };
  }

  /// $y_t = \sum_s h_s x_{t-s}$ per channel, for the last positions of $x$, as many as $y$ has.
  ///
  /// @param h `[taps][channels]`
  private static void convolve(Value.Floats x, float[] h, Tensor y) {
    int channels = x.size(2);
    int taps = channels == 0 ? 0 : h.length / channels;
    int count = y.shape().intSize(1);
    int before = x.size(1) - count;
    float[] sum = new float[channels];
    float[] row = new float[channels];
    for (int b = 0; b < x.size(0); b++) {
      for (int i = 0; i < count; i++) {
        Arrays.fill(sum, 0f);
        for (int s = 0; s < taps && s <= before + i; s++) {
          long at = b * x.stride() + (before + i - s) * (long) channels;
          MemorySegment.copy(x.segment(), FLOAT, 4 * at, row, 0, channels);
          add(sum, h, s * channels, row);
        }
        long to = ((long) b * count + i) * channels;
        MemorySegment.copy(sum, 0, y.segment(), FLOAT, 4 * to, channels);
      }
    }
  }

  private static void add(float[] sum, float[] h, int at, float[] row) {
    for (int c = 0; c < sum.length; c++) {
      sum[c] = Math.fma(h[at + c], row[c], sum[c]);
    }
  }
}
