package io.github.attention4j.onnx.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Port;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.onnx.graph.Target;
import io.github.attention4j.onnx.network.NetworkGraph;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A network as one session of ONNX Runtime.
public final class OnnxProgram implements Program {
  private final Engine engine;
  private final Network network;
  private final Model model;
  private final List<Network.Node> remembering;
  private final Set<String> returned;
  private @Nullable RowPicker rows;

  /// Builds and opens the graph.
  public OnnxProgram(Engine engine, Network network, Set<String> maps, Target target) {
    this.engine = engine;
    this.network = network;
    remembering = NetworkGraph.remembering(network);
    returned = new HashSet<>(network.outputs().keySet());
    returned.addAll(maps);
    model = Model.open(engine, NetworkGraph.of(network, maps, target), network.name());
  }

  @Override
  public Network network() {
    return network;
  }

  @Override
  public String device() {
    return "onnx (" + engine.describe() + ")";
  }

  @Override
  public Result run(Inputs inputs) {
    EmptyBatch empty = EmptyBatch.find(model.signature(), inputs);
    try (Memory memory = new Memory()) {
      return empty == null
          ? step(inputs, memory)
          : empty.emptied(step(empty.filled(inputs), memory));
    }
  }

  @Override
  public Program.Session begin() {
    model.requireOpen();
    List<String> reasons = NetworkGraph.sessionRefusals(network);
    if (!reasons.isEmpty()) {
      throw new UnsupportedRequestException("session: " + String.join("; ", reasons));
    }
    return new OnnxNetworkSession(this);
  }

  /// Runs once and lets the memory hold what the network remembers.
  Result step(Inputs given, Memory memory) {
    checkIds(given);
    Inputs inputs = given;
    for (Network.Node node : remembering) {
      String name = NetworkGraph.past(node.name());
      if (memory.find(node.name()) == null && node.layer() instanceof Layer.Append(var channels)) {
        inputs = inputs.with(name, Tensor.allocate(batch(given, memory), 0, channels));
      }
    }
    if (model.signature().inputs().stream()
        .anyMatch(slot -> slot.name().equals(NetworkGraph.PAST_LENGTH))) {
      inputs =
          inputs.with(NetworkGraph.PAST_LENGTH, LongTensor.of(new long[] {memory.length()}, 1));
    }
    Map<String, OnnxTensor> kept = new LinkedHashMap<>();
    remembering.forEach(node -> {
      OnnxTensor past = memory.find(node.name());
      if (past != null) {
        kept.put(NetworkGraph.past(node.name()), past);
      }
    });
    Binding binding = new Binding(model.signature(), inputs, kept.keySet());
    try {
      OrtSession.Result result = model.runKeeping(binding.inputs(), kept);
      return remember(result, memory);
    } catch (OrtException failure) {
      if (failure.getCode() == OrtException.OrtErrorCode.ORT_INVALID_ARGUMENT) {
        throw new IllegalArgumentException(
            "inputs: expected ids and lengths within the tables of network "
                + network.name()
                + ", and sizes that fit, got "
                + given
                + " ("
                + failure.getMessage()
                + ")",
            failure);
      }
      throw Model.failed(failure);
    }
  }

  private Result remember(OrtSession.Result result, Memory memory) {
    Map<String, NdArray> outputs = new LinkedHashMap<>();
    Map<String, OnnxTensor> present = new LinkedHashMap<>();
    for (Map.Entry<String, OnnxValue> each : result) {
      OnnxTensor tensor = (OnnxTensor) each.getValue();
      if (returned.contains(each.getKey())) {
        outputs.put(each.getKey(), NativeTensors.copy(tensor));
      }
    }
    for (Network.Node node : remembering) {
      OnnxTensor tensor = (OnnxTensor) result.get(NetworkGraph.present(node.name())).orElseThrow();
      present.put(node.name(), tensor);
    }
    memory.replace(result, present);
    return Result.of(outputs);
  }

  /// The size of the first axis of the inputs, or of what is remembered.
  private long batch(Inputs inputs, Memory memory) {
    for (Port port : network.inputs()) {
      NdArray array = inputs.get(port.name());
      if (!port.axes().isEmpty() && array.shape().rank() > 0) {
        return array.shape().size(0);
      }
    }
    return memory.batch();
  }

  /// ONNX lets negative ids count from the end; here they are an error like all ids outside.
  private void checkIds(Inputs inputs) {
    List<String> ports = network.inputs().stream().map(Port::name).toList();
    for (Network.Node node : network.nodes()) {
      if (node.layer() instanceof Layer.Embedding(var table, var _)
          && ports.contains(node.inputs().getFirst())) {
        String name = node.inputs().getFirst();
        LongTensor ids = inputs.longs(name);
        long rows = table.shape().size(0);
        for (long i = 0; i < ids.shape().elements(); i++) {
          if (ids.at(i) < 0 || ids.at(i) >= rows) {
            throw new IllegalArgumentException(
                name + ": expected ids 0 to " + (rows - 1) + ", got " + ids.at(i));
          }
        }
      }
    }
  }

  /// Made when first needed: only beam search reorders.
  synchronized RowPicker rows() {
    RowPicker made = rows;
    if (made == null) {
      made = new RowPicker(engine);
      rows = made;
    }
    return made;
  }

  void requireOpen() {
    model.requireOpen();
  }

  @Override
  public synchronized void close() {
    model.close();
    if (rows != null) {
      rows.close();
    }
  }
}
