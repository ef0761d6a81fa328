package io.github.attention4j.cpu.network;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.cpu.kernel.Engine;
import io.github.attention4j.cpu.kernel.PairwiseLayer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// [Layer.Attend]: a pairwise softmax reads the heads where they stand; any other mechanism gets
/// `[batch, heads, length, size]` and gives it back.
final class AttendOperation implements Operation {
  private final String node;
  private final Layer.Attend layer;
  private final boolean map;
  private final @Nullable PairwiseLayer pairwise;
  private final @Nullable Attention other;

  AttendOperation(
      AttentionProvider provider, Engine engine, String node, Layer.Attend layer, boolean map) {
    this.node = node;
    this.layer = layer;
    this.map = map;
    if (layer.mechanism() instanceof Pairwise mechanism && PairwiseLayer.runs(mechanism)) {
      pairwise = new PairwiseLayer(mechanism, map, engine);
      other = null;
    } else {
      pairwise = null;
      other = provider.prepare(request(layer.mechanism(), map));
    }
  }

  /// What a provider has to be able to run for this layer.
  static Request request(Mechanism mechanism, boolean map) {
    Request request = Request.of(mechanism);
    return map ? request.capture(Capture.WEIGHTS) : request;
  }

  @Override
  public Value run(Context context, Value[] from) {
    if (from.length != 3 + layer.extras().size()) {
      throw new IllegalArgumentException(
          "inputs: expected query, key, value and " + layer.extras() + ", got " + from.length);
    }
    Inputs extras = Inputs.none();
    List<Value.Floats> copies = new ArrayList<>();
    for (int i = 3; i < from.length; i++) {
      NdArray array =
          switch (from[i]) {
            case Value.Longs(var longs) -> longs;
            case Value.Booleans(var booleans) -> booleans;
            case Value.Floats floats -> {
              Value.Floats dense = context.dense(floats);
              copies.add(dense);
              yield dense.tensor();
            }
          };
      extras = extras.with(layer.extras().get(i - 3), array);
    }
    Value result =
        pairwise != null
            ? runPairwise(pairwise, context, from, extras)
            : runOther(context, from, extras);
    copies.forEach(context.buffers()::release);
    return result;
  }

  private Value.Floats heads(Value[] from, int input) {
    Value.Floats x = Operations.floats(from, input);
    Operations.expect(x, "[batch, length, heads * size]", -1, -1, -1);
    return x;
  }

  private static PairwiseLayer.Heads view(Value.Floats x) {
    return new PairwiseLayer.Heads(x.segment(), x.size(0), x.stride(), x.size(1), x.size(2));
  }

  private Value runPairwise(PairwiseLayer attention, Context context, Value[] from, Inputs extras) {
    Value.Floats query = heads(from, 0);
    Value.Floats key = heads(from, 1);
    Value.Floats value = heads(from, 2);
    int group = layer.heads() / layer.keyHeads();
    Value.Floats y = context.floats(query.size(0), query.size(1), (long) value.size(2) * group);
    Tensor weights =
        attention.run(
            view(query),
            view(key),
            view(value),
            extras,
            layer.heads(),
            layer.keyHeads(),
            y.segment());
    if (weights != null) {
      context.map(node, weights);
    }
    return y;
  }

  private Value runOther(Context context, Value[] from, Inputs extras) {
    if (other == null) {
      throw new IllegalStateException("node " + node + " was not prepared");
    }
    Inputs inputs =
        extras
            .with(Inputs.QUERY, split(Inputs.QUERY, heads(from, 0), layer.heads()))
            .with(Inputs.KEY, split(Inputs.KEY, heads(from, 1), layer.keyHeads()))
            .with(Inputs.VALUE, split(Inputs.VALUE, heads(from, 2), layer.keyHeads()));
    Result result = other.run(inputs);
    if (map) {
      context.map(node, result.weights());
    }
    return join(context, result.output());
  }

  private static Tensor split(String name, Value.Floats x, int heads) {
    if (x.size(2) % heads != 0) {
      throw new IllegalArgumentException(
          name + ": expected channels for " + heads + " heads, got " + x.shape());
    }
    int size = x.size(2) / heads;
    int length = x.size(1);
    Tensor y = Tensor.allocate(x.size(0), heads, length, size);
    for (int b = 0; b < x.size(0); b++) {
      for (int h = 0; h < heads; h++) {
        for (int t = 0; t < length; t++) {
          MemorySegment.copy(
              x.segment(),
              4 * (b * x.stride() + (long) t * x.size(2) + (long) h * size),
              y.segment(),
              4 * (((long) b * heads + h) * length + t) * size,
              4L * size);
        }
      }
    }
    return y;
  }

  private static Value join(Context context, Tensor x) {
    int heads = x.shape().intSize(1);
    int length = x.shape().intSize(2);
    int size = x.shape().intSize(3);
    Value.Floats y = context.floats(x.shape().size(0), length, (long) heads * size);
    for (int b = 0; b < x.shape().size(0); b++) {
      for (int h = 0; h < heads; h++) {
        for (int t = 0; t < length; t++) {
          MemorySegment.copy(
              x.segment(),
              4 * (((long) b * heads + h) * length + t) * size,
              y.segment(),
              4 * (((long) b * length + t) * heads + h) * size,
              4L * size);
        }
      }
    }
    return y;
  }
}
