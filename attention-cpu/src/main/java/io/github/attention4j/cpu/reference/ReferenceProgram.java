package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.cpu.plan.NetworkChecks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A network in float64: one layer after the other, nothing rounded in between.
final class ReferenceProgram implements Program {
  private final Network network;
  private final Set<String> maps;
  private final Set<String> continuing;
  private final Layers layers = new Layers(new Parameters());
  private volatile boolean closed;

  ReferenceProgram(Network network, Set<String> maps) {
    this.network = network;
    this.maps = Set.copyOf(maps);
    this.continuing = NetworkChecks.continuing(network);
  }

  @Override
  public Network network() {
    return network;
  }

  @Override
  public String device() {
    return ReferenceProvider.DEVICE;
  }

  @Override
  public Result run(Inputs inputs) {
    return compute(inputs, 0, new HashMap<>());
  }

  @Override
  public Program.Session begin() {
    checkOpen();
    NetworkChecks.checkSession(network);
    return new ReferenceSession(this);
  }

  /// One pass through the network.
  ///
  /// @param memory what [Layer.Append] nodes remember, by node; renewed
  Result compute(Inputs inputs, long past, Map<String, DoubleArray> memory) {
    checkOpen();
    NetworkChecks.checkInputs(network, inputs);
    Map<String, Value> values = new HashMap<>();
    Map<String, NdArray> results = new LinkedHashMap<>();
    network.inputs().forEach(port -> values.put(port.name(), Value.of(inputs.get(port.name()))));
    Map<String, DoubleArray> remembered = new HashMap<>();
    for (Network.Node node : network.nodes()) {
      List<Value> from = new ArrayList<>();
      for (String name : node.inputs()) {
        from.add(value(values, name));
      }
      try {
        values.put(node.name(), evaluate(node, from, past, memory, remembered, results));
      } catch (IllegalArgumentException wrong) {
        throw new IllegalArgumentException(
            "node " + node.name() + ": " + wrong.getMessage(), wrong);
      }
    }
    memory.putAll(remembered);
    Map<String, NdArray> all = new LinkedHashMap<>();
    network.outputs().forEach((name, node) -> all.put(name, value(values, node).toArray()));
    all.putAll(results);
    return Result.of(all);
  }

  private Value evaluate(
      Network.Node node,
      List<Value> from,
      long past,
      Map<String, DoubleArray> memory,
      Map<String, DoubleArray> remembered,
      Map<String, NdArray> results) {
    if (node.layer() instanceof Layer.Attend attend) {
      boolean wanted = maps.contains(node.name());
      Outcome outcome = AttendLayer.run(attend, from, wanted);
      if (wanted) {
        results.put(node.name(), outcome.get(Result.WEIGHTS).toTensor());
      }
      return new Value.Numbers(outcome.get(Result.OUTPUT));
    }
    if (node.layer() instanceof Layer.Append(int channels)) {
      DoubleArray added = from.getFirst().numbers();
      added.expect("[batch, length, channels]", -1, -1, channels);
      DoubleArray before = memory.get(node.name());
      DoubleArray joined = before == null ? added : PositionLayers.join(before, added);
      remembered.put(node.name(), joined);
      return new Value.Numbers(joined);
    }
    if (continuing.contains(node.name())) {
      return goOn(node, from, past, memory, remembered);
    }
    return layers.run(node.layer(), from, past);
  }

  /// A convolution over all that it was given so far, of which the new positions are returned.
  private Value goOn(
      Network.Node node,
      List<Value> from,
      long past,
      Map<String, DoubleArray> memory,
      Map<String, DoubleArray> remembered) {
    DoubleArray added = CombiningLayers.concatenate(from.stream().map(Value::numbers).toList());
    added.expect("[batch, length, channels]", -1, -1, -1);
    DoubleArray before = memory.get(node.name());
    DoubleArray joined = before == null ? added : PositionLayers.join(before, added);
    remembered.put(node.name(), joined);
    List<Value> all = new ArrayList<>();
    int first = 0;
    for (Value value : from) {
      int end = first + value.numbers().size(2);
      all.add(new Value.Numbers(CombiningLayers.channels(joined, first, end)));
      first = end;
    }
    DoubleArray y = layers.run(node.layer(), all, past).numbers();
    return new Value.Numbers(PositionLayers.last(y, added.size(1)));
  }

  private static Value value(Map<String, Value> values, String name) {
    Value value = values.get(name);
    if (value == null) {
      throw new IllegalStateException("'" + name + "' was not computed");
    }
    return value;
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("program: was closed");
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
