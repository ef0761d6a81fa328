package io.github.attention4j.onnx.network;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.onnx.graph.Attributes;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.mechanism.RotaryGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Every [Layer] but those that remember or attend, as nodes; formulas stand there.
final class LayerGraph {
  private final Graph graph;
  private final String node;
  private final Value past;

  /// @param node whose name parameters start with
  /// @param past positions consumed before this run, int64 `[1]`
  LayerGraph(Graph graph, String node, Value past) {
    this.graph = graph;
    this.node = node;
    this.past = past;
  }

  Value write(Layer layer, List<Value> from) {
    Value x = from.isEmpty() ? graph.absent() : from.getFirst();
    return switch (layer) {
      case Layer.Linear(var weight, var bias) -> linear(x, weight, bias);
      case Layer.Embedding(var table, var scale) ->
          parameter("table", table).gather(x, 0).times(scale);
      case Layer.AddPositions(var table, var offset) ->
          x.plus(parameter("table", table).gather(positions(x, offset), 0));
      case Layer.LayerNorm(var weight, var bias, var epsilon) ->
          graph.node(
              "LayerNormalization",
              x.type(),
              List.of(x, parameter("weight", weight), parameter("bias", bias)),
              Attributes.of("axis", -1),
              Attributes.of("epsilon", (float) epsilon));
      case Layer.RmsNorm(var weight, var epsilon) ->
          x.over(x.square().mean(-1).plus(epsilon).sqrt()).times(parameter("weight", weight));
      case Layer.Activate(var function) -> ActivationGraph.write(function, x);
      case Layer.Convolution1d convolution -> convolution(x, convolution);
      case Layer.Patches(var weight, var bias) -> patches(x, weight, bias);
      case Layer.ShortConvolution(var filter) -> shortConvolution(x, filter);
      case Layer.Hyena _, Layer.Attend _, Layer.Append _ ->
          throw new IllegalStateException("written elsewhere: " + layer);
      case Layer.Rotate rotate -> rotate(rotate, from);
      case Layer.Add _ -> x.plus(from.get(1));
      case Layer.Multiply _ -> x.times(from.get(1));
      case Layer.Scale(var factor) -> x.times(factor);
      case Layer.AddConstant(var constant) -> x.plus(parameter("constant", constant));
      case Layer.Prepend(var tokens) -> Value.concat(1, repeat(x, tokens), x);
      case Layer.Repeat(var tokens) -> repeat(x, tokens);
      case Layer.Position(var index) -> x.gather(graph.scalar((long) index), 1);
      case Layer.PositionAt _ ->
          graph.node(
              "GatherND",
              x.type(),
              List.of(x, from.get(1).unsqueeze(1)),
              Attributes.of("batch_dims", 1));
      case Layer.Locate(var id) -> {
        // In float64: whole numbers are exact, and every runtime has it.
        Value ranked =
            id.isPresent()
                ? x.same(graph.scalar(id.getAsLong())).cast(Type.FLOAT)
                : x.cast(Type.DOUBLE);
        yield graph.node(
            "ArgMax",
            Type.INT64,
            List.of(ranked),
            Attributes.of("axis", 1),
            Attributes.of("keepdims", 0),
            Attributes.of("select_last_index", 0));
      }
      case Layer.Differs(var value) -> x.same(graph.scalar(value)).not();
      case Layer.KeyMask(var excluded) -> x.same(graph.scalar(excluded)).not().unsqueeze(1, 2);
      case Layer.Transpose _ -> x.transpose(0, 2, 1);
      case Layer.Mean _ -> x.mean(1).squeeze(1);
      case Layer.Normalize _ -> x.over(x.norm(-1));
      case Layer.Similarity(var factor) -> x.times(factor).matmul(from.get(1).transpose(1, 0));
      case Layer.Channels(var first, var end) ->
          graph.node(
              "Slice",
              x.type(),
              List.of(x, graph.vector(first), graph.vector(end), graph.vector(-1)));
      case Layer.Concatenate _ -> Value.concat(-1, from.toArray(Value[]::new));
      case Layer.Choose _ -> x.unsqueeze(2).choose(from.get(1), from.get(2));
      case Layer.Constant(var value) -> constant(value);
    };
  }

  private Value parameter(String name, Tensor array) {
    return graph.parameter(node + "." + name, array);
  }

  private Value constant(LongTensor value) {
    return graph.parameter(node + ".value", value);
  }

  private Value linear(Value x, Tensor weight, Optional<Tensor> bias) {
    Value product = x.matmul(parameter("weight", weight).transpose(1, 0));
    return bias.map(b -> product.plus(parameter("bias", b))).orElse(product);
  }

  /// `past + offset + i`, int64 `[length]`.
  private Value positions(Value x, long offset) {
    Value positions = x.length(1).range().plus(past);
    return offset == 0 ? positions : positions.plus(graph.scalar(offset));
  }

  private Value convolution(Value x, Layer.Convolution1d layer) {
    return convolve(
            x.transpose(0, 2, 1),
            parameter("weight", layer.weight()),
            layer.bias(),
            layer.stride(),
            layer.padding(),
            layer.padding(),
            1)
        .transpose(0, 2, 1);
  }

  private Value convolve(
      Value x,
      Value weight,
      Optional<Tensor> bias,
      long stride,
      long before,
      long after,
      long groups) {
    List<Value> from = new ArrayList<>(List.of(x, weight));
    bias.ifPresent(b -> from.add(parameter("bias", b)));
    return graph.node(
        "Conv",
        x.type(),
        from,
        Attributes.list("strides", stride),
        Attributes.list("pads", before, after),
        Attributes.of("group", groups));
  }

  private Value patches(Value x, Tensor weight, Optional<Tensor> bias) {
    List<Value> from = new ArrayList<>(List.of(x, parameter("weight", weight)));
    bias.ifPresent(b -> from.add(parameter("bias", b)));
    Value rows =
        graph.node(
            "Conv",
            x.type(),
            from,
            Attributes.list("strides", weight.shape().size(2), weight.shape().size(3)));
    return rows.reshapeKeeping(0, 0, -1).transpose(0, 2, 1);
  }

  /// ONNX correlates, so that lag $s$ stands at the end minus $s$.
  private Value shortConvolution(Value x, Tensor filter) {
    long channels = filter.shape().size(0);
    long taps = filter.shape().size(1);
    Value reversed =
        graph.node(
            "Slice",
            x.type(),
            List.of(
                parameter("filter", filter),
                graph.vector(-1),
                graph.vector(Long.MIN_VALUE),
                graph.vector(1),
                graph.vector(-1)));
    return convolve(
            x.transpose(0, 2, 1), reversed.unsqueeze(1), Optional.empty(), 1, taps - 1, 0, channels)
        .transpose(0, 2, 1);
  }

  private Value rotate(Layer.Rotate layer, List<Value> from) {
    Value x = from.getFirst();
    Value positions = from.size() > 1 ? from.get(1) : positions(x, 0).unsqueeze(0);
    Value cos = parameter("cos", layer.cos()).gather(positions, 0).unsqueeze(2);
    Value sin = parameter("sin", layer.sin()).gather(positions, 0).unsqueeze(2);
    Value heads = x.reshapeKeeping(0, 0, layer.heads(), -1);
    int size = 2 * layer.cos().shape().intSize(1);
    return RotaryGraph.rotate(heads, cos, sin, size, layer.interleaved()).reshapeKeeping(0, 0, -1);
  }

  private Value repeat(Value x, Tensor tokens) {
    return parameter("tokens", tokens)
        .expand(
            Value.concat(
                0, x.size(0), graph.vector(tokens.shape().size(0), tokens.shape().size(1))));
  }
}
