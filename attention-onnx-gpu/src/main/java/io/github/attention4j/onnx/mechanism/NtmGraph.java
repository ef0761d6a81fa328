package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Result;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Value;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// [io.github.attention4j.api.Mechanism.NtmAddressing]: the stages content, gate, shift, sharpen,
/// read and write.
final class NtmGraph {
  private final Graph graph;
  private final Sources sources;

  private NtmGraph(Graph graph, Sources sources) {
    this.graph = graph;
    this.sources = sources;
  }

  static Outputs write(Graph graph, Sources sources, Set<Capture> captures) {
    return new NtmGraph(graph, sources).write(captures);
  }

  private Outputs write(Set<Capture> captures) {
    Value memory = sources.real("memory", "batch", "slots", "size");
    Value query = sources.real(Inputs.QUERY, "batch", "heads", "size");
    Value beta = sources.real("beta", "batch", "heads").unsqueeze(2);
    Value gate = sources.real("gate", "batch", "heads").unsqueeze(2);
    Value gamma = sources.real("gamma", "batch", "heads").unsqueeze(2);
    Value previous = sources.real("previous", "batch", "heads", "slots");
    Value shift = sources.real("shift", "batch", "heads", "shifts");
    Value content =
        graph.stage(
            "content",
            "softmax of beta cos(k, M_i)",
            () ->
                ScoreGraph.unit(query)
                    .times(beta)
                    .matmul(ScoreGraph.unit(memory).transpose(0, 2, 1))
                    .softmax(-1));
    Value gated =
        graph.stage(
            "gate",
            "g content + (1 - g) previous",
            () -> gate.times(content).plus(gate.negate().plus(1).times(previous)));
    Value shifted = graph.stage("shift", "circular convolution", () -> shift(gated, shift));
    Value weights = graph.stage("sharpen", "w^gamma / sum w^gamma", () -> sharpen(shifted, gamma));
    Outputs outputs = new Outputs();
    outputs.add(
        Result.OUTPUT, graph.stage("read", () -> weights.matmul(memory)), "batch", "heads", "size");
    if (captures.contains(Capture.WEIGHTS)) {
      outputs.add(Result.WEIGHTS, weights, "batch", "heads", "slots");
    }
    if (captures.contains(Capture.STAGES)) {
      outputs.add("content_weights", content, "batch", "heads", "slots");
      outputs.add("gated_weights", gated, "batch", "heads", "slots");
      outputs.add("shifted_weights", shifted, "batch", "heads", "slots");
    }
    @Nullable Value erase = sources.find("erase", "batch", "heads", "size");
    @Nullable Value add = sources.find("add", "batch", "heads", "size");
    if (erase != null && add != null) {
      outputs.add(
          "memory",
          graph.stage("write", () -> written(memory, weights, erase, add)),
          "batch",
          "slots",
          "size");
    } else if (erase != null || add != null) {
      throw new IllegalArgumentException(
          (erase == null ? "erase" : "add")
              + ": expected together with "
              + (erase == null ? "add" : "erase"));
    }
    return outputs;
  }

  private Value shift(Value weights, Value shift) {
    Value slots = weights.length(2);
    Value count = shift.length(2);
    Value offset = count.range().minus(count.floorDivide(2));
    Value from = slots.range().unsqueeze(1).minus(offset.unsqueeze(0)).modulo(slots);
    return weights.gather(from, 2).times(shift.unsqueeze(2)).sum(3).squeeze(3);
  }

  /// The largest is taken out, so that not all powers vanish.
  private static Value sharpen(Value weights, Value gamma) {
    Value largest = weights.largest(2);
    Value some = largest.greater(0);
    Value powers = weights.over(some.choose(largest, 1)).power(gamma);
    return some.choose(powers.over(some.choose(powers.sum(2), 1)), 0);
  }

  private Value written(Value memory, Value weights, Value erase, Value add) {
    Value strength = weights.unsqueeze(3);
    Value kept = strength.times(erase.unsqueeze(2)).negate().plus(1).product(1).squeeze(1);
    return memory.times(kept).plus(weights.transpose(0, 2, 1).matmul(add));
  }
}
