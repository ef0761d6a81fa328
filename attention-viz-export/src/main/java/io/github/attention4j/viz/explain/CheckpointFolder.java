package io.github.attention4j.viz.explain;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.ModelPort;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.Execution;
import io.github.attention4j.multimodal.ModelRunner;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A folder with a published checkpoint, run by the providers.
public final class CheckpointFolder implements ExplainableModel {
  private final Checkpoint checkpoint;
  private final Execution execution;
  private final List<Integer> layers;
  private final List<Integer> heads;
  private final boolean norms;
  private @Nullable ModelRunner runner;
  private @Nullable NetworkNorms lengths;
  private Set<String> prepared = Set.of();

  /// Reads `config.json` only; the weights are read by the first run.
  ///
  /// @param layers which layers to show; none means all
  /// @param heads which heads; none means all
  /// @param norms whether to also compute the lengths of the weighted, projected values
  public CheckpointFolder(
      Checkpoint checkpoint,
      Execution execution,
      List<Integer> layers,
      List<Integer> heads,
      boolean norms) {
    this.checkpoint = checkpoint;
    this.execution = execution;
    this.layers = List.copyOf(layers);
    this.heads = List.copyOf(heads);
    this.norms = norms;
  }

  @Override
  public List<ModelPort> inputs() {
    try {
      return ModelRunner.ports(checkpoint);
    } catch (IOException failed) {
      throw new java.io.UncheckedIOException(failed);
    }
  }

  @Override
  public Map<String, String> facts() {
    ModelRunner ready = runner;
    return ready == null
        ? Map.of("model", checkpoint.source())
        : Map.of("model", ready.modelType(), "device", ready.device());
  }

  @Override
  public Run run(Inputs inputs, int batch) throws IOException {
    ModelRunner ready = runner;
    if (ready == null || !prepared.equals(inputs.names())) {
      close();
      ready =
          norms
              ? ModelRunner.load(checkpoint, inputs.names(), execution, NetworkNorms::showingValues)
              : ModelRunner.load(checkpoint, inputs.names(), execution);
      runner = ready;
      lengths = norms ? new NetworkNorms(ready.network()) : null;
      prepared = Set.copyOf(inputs.names());
    }
    Result result = ready.run(inputs);
    AttentionTrace trace = ready.trace(inputs, result, 0, Map.of());
    List<AttentionMap> maps = shown(trace.maps());
    if (maps.isEmpty()) {
      throw new IllegalArgumentException(
          "layers: expected among "
              + trace.maps().stream().map(map -> map.label().layer()).distinct().toList()
              + ", got "
              + layers);
    }
    List<String> notes = new ArrayList<>();
    if (!ready.unusedTensors().isEmpty()) {
      notes.add("tensors this network does not use: " + ready.unusedTensors());
    }
    Map<String, NdArray> outputs = new LinkedHashMap<>(result.arrays());
    outputs.keySet().removeIf(NetworkNorms::isValues);
    Map<String, NdArray> arrays = new LinkedHashMap<>(outputs);
    List<AttentionMap> measured = List.of();
    NetworkNorms computing = lengths;
    if (computing != null) {
      Map<String, Tensor> all = computing.of(result);
      all.forEach((node, norm) -> arrays.put("norms." + node, norm));
      measured = NetworkNorms.labelled(trace.maps(), all);
      computing
          .reasons()
          .forEach((node, reason) -> notes.add("no norms of '" + node + "': " + reason));
    }
    return new Run(outputs, maps, shown(measured), arrays, notes);
  }

  private List<AttentionMap> shown(List<AttentionMap> all) {
    List<AttentionMap> shown = new ArrayList<>();
    for (AttentionMap map : all) {
      if (layers.isEmpty() || layers.contains(map.label().layer())) {
        shown.add(heads.isEmpty() ? map : chosen(map));
      }
    }
    return shown;
  }

  /// The first hidden states: embeddings with whatever the architecture adds before its first
  /// layer.
  @Override
  public @Nullable Tensor embeddings(Inputs inputs, Run run) {
    for (String name : List.of("hidden_states.0", "encoder_hidden_states.0")) {
      if (run.arrays().get(name) instanceof Tensor states && states.shape().rank() == 3) {
        return states;
      }
    }
    return null;
  }

  private AttentionMap chosen(AttentionMap map) {
    long size = map.weights().segment().byteSize() / map.heads();
    Tensor part =
        Tensor.allocate(heads.size(), map.weights().shape().size(1), map.weights().shape().size(2));
    List<Integer> ascending = heads.stream().sorted().toList();
    for (int i = 0; i < ascending.size(); i++) {
      int head = ascending.get(i);
      if (head < 0 || head >= map.heads()) {
        throw new IllegalArgumentException(
            "heads: expected 0 to " + (map.heads() - 1) + ", got " + head);
      }
      part.segment()
          .asSlice(i * size, size)
          .copyFrom(map.weights().segment().asSlice(head * size, size));
    }
    return new AttentionMap(map.name(), map.label(), part, map.queries(), map.keys(), map.proof());
  }

  @Override
  public void close() {
    ModelRunner ready = runner;
    runner = null;
    if (ready != null) {
      ready.close();
    }
  }
}
