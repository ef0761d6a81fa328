package io.github.attention4j.viz.bench;

import io.github.attention4j.viz.bench.Measurement.Timed;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/// A cell and what came of it.
///
/// @param cell what was run
/// @param cost what it has to do
/// @param measurements by contestant
/// @param disagreement the largest difference of an output of `cpu` to one of a peer, relative to
///   the largest output: shows that they compute the same
/// @param extraBytes resident beyond inputs and outputs, in [Group#MEMORY]
public record Row(
    Cell cell,
    Optional<Cost> cost,
    Map<String, Measurement> measurements,
    OptionalDouble disagreement,
    OptionalDouble extraBytes) {
  public Row {
    measurements =
        java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(measurements));
  }

  /// The times of a contestant, if it ran.
  Optional<Timed> timed(String contestant) {
    return measurements.get(contestant) instanceof Timed timed
        ? Optional.of(timed)
        : Optional.empty();
  }

  /// Median seconds of a contestant, if it ran.
  OptionalDouble seconds(String contestant) {
    return timed(contestant)
        .map(timed -> OptionalDouble.of(timed.samples().median()))
        .orElse(OptionalDouble.empty());
  }

  /// The faster of the peers that ran.
  Optional<String> peer() {
    return measurements.keySet().stream()
        .filter(name -> !name.equals(Contestant.CPU) && timed(name).isPresent())
        .min(java.util.Comparator.comparingDouble(name -> seconds(name).orElseThrow()));
  }

  /// What a contestant ran, such as `ai.onnx Attention`; its own name if it does not say.
  String kernel(String contestant) {
    String kernel = timed(contestant).map(Timed::kernel).orElse("");
    if (kernel.isEmpty()) {
      return contestant;
    }
    return kernel.contains(".") ? kernel : contestant + ", " + kernel;
  }

  /// The peer's time over that of `cpu`, round by round; empty unless both ran.
  List<Double> ratios() {
    Optional<Timed> cpu = timed(Contestant.CPU);
    Optional<Timed> other = peer().flatMap(this::timed);
    return cpu.isEmpty() || other.isEmpty()
        ? List.of()
        : cpu.get().samples().ratios(other.get().samples());
  }

  /// The median of the peer over the median of `cpu`: above 1, `cpu` is faster.
  OptionalDouble ratio() {
    OptionalDouble cpu = seconds(Contestant.CPU);
    OptionalDouble other = peer().map(this::seconds).orElse(OptionalDouble.empty());
    return cpu.isEmpty() || other.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(other.getAsDouble() / cpu.getAsDouble());
  }

  /// Operations per second of `cpu`.
  OptionalDouble operationsPerSecond() {
    OptionalDouble seconds = seconds(Contestant.CPU);
    return cost.isEmpty() || seconds.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(cost.get().operations() / seconds.getAsDouble());
  }

  /// Bytes of keys and values per second of `cpu`.
  OptionalDouble bytesPerSecond() {
    OptionalDouble seconds = seconds(Contestant.CPU);
    return cost.isEmpty() || seconds.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(cost.get().bytes() / seconds.getAsDouble());
  }
}
