package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.cpu.plan.ConvolutionInputs;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// The formulas of all layers but [Layer.Attend] and [Layer.Append], which return or remember more
/// than a value.
final class Layers {
  private final Parameters parameters;

  Layers(Parameters parameters) {
    this.parameters = parameters;
  }

  Value run(Layer layer, List<Value> from, long past) {
    return switch (layer) {
      case Layer.Linear(Tensor weight, Optional<Tensor> bias) ->
          numbers(RowLayers.linear(x(from), parameters.of(weight), bias.map(parameters::of)));
      case Layer.Embedding(Tensor table, double scale) ->
          numbers(PositionLayers.embedding(from.getFirst().indices(), parameters.of(table), scale));
      case Layer.AddPositions(Tensor table, int offset) ->
          numbers(PositionLayers.addPositions(x(from), parameters.of(table), past + offset));
      case Layer.LayerNorm(Tensor weight, Tensor bias, double epsilon) ->
          numbers(
              RowLayers.layerNorm(x(from), parameters.of(weight), parameters.of(bias), epsilon));
      case Layer.RmsNorm(Tensor weight, double epsilon) ->
          numbers(RowLayers.rmsNorm(x(from), parameters.of(weight), epsilon));
      case Layer.Activate activate -> numbers(RowLayers.activate(x(from), activate.function()));
      case Layer.Convolution1d(Tensor weight, Optional<Tensor> bias, int stride, int padding) ->
          numbers(
              ConvolutionLayers.convolution1d(
                  x(from), parameters.of(weight), bias.map(parameters::of), stride, padding));
      case Layer.Patches(Tensor weight, Optional<Tensor> bias) ->
          numbers(
              ConvolutionLayers.patches(x(from), parameters.of(weight), bias.map(parameters::of)));
      case Layer.ShortConvolution(Tensor filter) ->
          numbers(ConvolutionLayers.shortConvolution(x(from), parameters.of(filter)));
      case Layer.Hyena hyena -> numbers(hyena(hyena, from));
      case Layer.Attend _, Layer.Append _ ->
          throw new IllegalStateException("run elsewhere: " + layer);
      case Layer.Rotate(int heads, boolean interleaved, Tensor cos, Tensor sin) -> {
        LongTensor[] positions =
            from.stream().skip(1).map(Value::indices).toArray(LongTensor[]::new);
        yield numbers(
            PositionLayers.rotate(
                x(from),
                heads,
                interleaved,
                parameters.of(cos),
                parameters.of(sin),
                past,
                positions));
      }
      case Layer.Add() -> numbers(CombiningLayers.zip(x(from), x(from, 1), Double::sum));
      case Layer.Multiply() -> numbers(CombiningLayers.zip(x(from), x(from, 1), (a, b) -> a * b));
      case Layer.Scale(double factor) -> numbers(CombiningLayers.scale(x(from), factor));
      case Layer.AddConstant(Tensor constant) ->
          numbers(CombiningLayers.addConstant(x(from), parameters.of(constant)));
      case Layer.Prepend(Tensor tokens) -> {
        DoubleArray x = x(from);
        yield numbers(
            PositionLayers.join(PositionLayers.repeat(parameters.of(tokens), x.size(0)), x));
      }
      case Layer.Repeat(Tensor tokens) ->
          numbers(PositionLayers.repeat(parameters.of(tokens), from.getFirst().shape().intSize(0)));
      case Layer.Position(int index) -> {
        DoubleArray x = x(from);
        long[] positions = new long[x.size(0)];
        Arrays.fill(positions, index < 0 ? x.size(1) + index : index);
        yield numbers(PositionLayers.pick(x, positions));
      }
      case Layer.PositionAt() ->
          numbers(PositionLayers.pick(x(from), from.get(1).indices().toArray()));
      case Layer.Locate(OptionalLong id) ->
          new Value.Indices(PositionLayers.locate(from.getFirst().indices(), id));
      case Layer.KeyMask(long excluded) ->
          new Value.Marks(PositionLayers.keyMask(from.getFirst().indices(), excluded));
      case Layer.Differs(long value) ->
          new Value.Marks(PositionLayers.differs(from.getFirst().indices(), value));
      case Layer.Transpose() -> numbers(CombiningLayers.transpose(x(from)));
      case Layer.Mean() -> numbers(CombiningLayers.mean(x(from)));
      case Layer.Normalize() -> numbers(RowLayers.normalize(x(from)));
      case Layer.Similarity(double factor) ->
          numbers(CombiningLayers.similarity(x(from), x(from, 1), factor));
      case Layer.Channels(int first, int end) ->
          numbers(CombiningLayers.channels(x(from), first, end));
      case Layer.Concatenate() ->
          numbers(CombiningLayers.concatenate(from.stream().map(Value::numbers).toList()));
      case Layer.Choose() ->
          numbers(CombiningLayers.choose(from.getFirst().marks(), x(from, 1), x(from, 2)));
      case Layer.Constant(LongTensor value) -> new Value.Indices(value);
    };
  }

  private static DoubleArray hyena(Layer.Hyena layer, List<Value> from) {
    DoubleArray value = x(from, from.size() - 1);
    int gateCount = from.size() - 1;
    DoubleArray gates = DoubleArray.zeros(gateCount, value.size(0), value.size(1), value.size(2));
    int size = value.values().length;
    for (int n = 0; n < gateCount; n++) {
      DoubleArray gate = x(from, n);
      gate.expect("the shape of the value", value.shape().toArray());
      System.arraycopy(gate.values(), 0, gates.values(), n * size, size);
    }
    Inputs inputs =
        Inputs.none()
            .with(ConvolutionInputs.GATES, gates.toTensor())
            .with(Inputs.VALUE, value.toTensor());
    Map<String, DoubleArray> exact = Map.of(ConvolutionInputs.GATES, gates, Inputs.VALUE, value);
    Set<Capture> nothing = Set.of();
    return Families.run(layer.operator(), nothing, new Arguments(inputs, exact)).get(Result.OUTPUT);
  }

  private static Value numbers(DoubleArray array) {
    return new Value.Numbers(array);
  }

  private static DoubleArray x(List<Value> from) {
    return x(from, 0);
  }

  private static DoubleArray x(List<Value> from, int input) {
    if (input >= from.size()) {
      throw new IllegalArgumentException(
          "inputs: expected at least " + (input + 1) + ", got " + from.size());
    }
    return from.get(input).numbers();
  }
}
