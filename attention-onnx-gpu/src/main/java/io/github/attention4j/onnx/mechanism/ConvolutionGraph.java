package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Result;
import io.github.attention4j.onnx.graph.Attributes;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import java.util.List;
import java.util.Set;

/// [Mechanism.LongConvolution]: convolutions by discrete Fourier transforms in float64, long enough
/// that nothing wraps around.
final class ConvolutionGraph {
  private static final int AXIS_INPUT_OPSET = 20;

  private ConvolutionGraph() {}

  static Outputs write(
      Graph graph, Sources sources, Mechanism.LongConvolution mechanism, Set<Capture> captures) {
    long order = mechanism.filters().shape().size(0);
    String channels = Long.toString(mechanism.filters().shape().size(1));
    Value gates = sources.real("gates", Long.toString(order), "batch", "length", channels);
    Value value = sources.real(Inputs.VALUE, "batch", "length", channels);
    Value filters = graph.parameter("filters", mechanism.filters());
    Value length = value.size(1);
    Value perChannel = gates.transpose(0, 1, 3, 2);
    Value known = filters.slice(2, graph.vector(0), length, 1);
    Value size = transformLength(length);
    Value z = value.transpose(0, 2, 1).cast(Type.DOUBLE);
    for (long n = 0; n < order; n++) {
      Value at = graph.scalar(n);
      Value from = z;
      Value convolved =
          graph.stage(
              "convolution_" + (n + 1),
              "h * z by DFT",
              () ->
                  convolve(known.gather(at, 0).unsqueeze(0).cast(Type.DOUBLE), from, size, length));
      z = convolved.times(perChannel.gather(at, 0).cast(Type.DOUBLE));
    }
    Outputs outputs = new Outputs();
    outputs.add(
        Result.OUTPUT, z.transpose(0, 2, 1).cast(graph.real()), "batch", "length", channels);
    if (captures.contains(Capture.WEIGHTS)) {
      outputs.add(
          Result.WEIGHTS,
          graph.stage("weights", () -> matrices(graph, mechanism, filters, perChannel, length)),
          "batch",
          channels,
          "length",
          "length");
    }
    return outputs;
  }

  /// A power of two of at least twice the length.
  private static Value transformLength(Value length) {
    Value doubled = length.squeeze(0).cast(Type.DOUBLE).times(2);
    Value exponent = doubled.log().over(Math.log(2)).ceil();
    return exponent.constant(2).power(exponent).cast(Type.INT64);
  }

  private static Value convolve(Value filter, Value signal, Value size, Value length) {
    Value h = transform(filter.unsqueeze(3), size, false);
    Value x = transform(signal.unsqueeze(3), size, false);
    Value hr = h.slice(3, 0, 1);
    Value hi = h.slice(3, 1, 2);
    Value xr = x.slice(3, 0, 1);
    Value xi = x.slice(3, 1, 2);
    Value product =
        Value.concat(3, hr.times(xr).minus(hi.times(xi)), hr.times(xi).plus(hi.times(xr)));
    return transform(product, size, true)
        .slice(3, 0, 1)
        .squeeze(3)
        .slice(2, length.graph().vector(0), length, 1);
  }

  /// Of rank 4 along axis 2; the last axis has real and imaginary parts.
  private static Value transform(Value x, Value size, boolean inverse) {
    Graph graph = x.graph();
    return graph.opset() < AXIS_INPUT_OPSET
        ? graph.node(
            "DFT",
            x.type(),
            List.of(x, size),
            Attributes.of("axis", 2),
            Attributes.of("inverse", inverse ? 1 : 0),
            Attributes.of("onesided", 0))
        : graph.node(
            "DFT",
            x.type(),
            List.of(x, size, graph.scalar(2L)),
            Attributes.of("inverse", inverse ? 1 : 0),
            Attributes.of("onesided", 0));
  }

  /// The equivalent matrices: products of gates and Toeplitz matrices of the filters.
  private static Value matrices(
      Graph graph, Mechanism.LongConvolution mechanism, Value filters, Value gates, Value length) {
    long taps = mechanism.filters().shape().size(2);
    Value number = length.squeeze(0).range();
    Value lag = number.unsqueeze(1).minus(number.unsqueeze(0));
    Value inside = lag.atLeast(0).and(lag.less(graph.scalar(taps)));
    Value index = lag.max(0).min(graph.scalar(taps - 1));
    Value product = graph.absent();
    for (long n = 0; n < mechanism.filters().shape().size(0); n++) {
      Value at = graph.scalar(n);
      Value toeplitz = inside.choose(filters.gather(at, 0).gather(index, 1), 0).unsqueeze(0);
      Value applied = n == 0 ? toeplitz : toeplitz.matmul(product);
      product = applied.times(gates.gather(at, 0).unsqueeze(3));
    }
    return product;
  }
}
