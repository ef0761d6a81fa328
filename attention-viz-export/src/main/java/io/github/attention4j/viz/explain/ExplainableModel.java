package io.github.attention4j.viz.explain;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.ModelPort;
import io.github.attention4j.api.trace.AttentionMap;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A model that runs on named arrays and shows its attention: an ONNX file or a checkpoint folder.
public interface ExplainableModel extends AutoCloseable {
  /// What it reads.
  List<ModelPort> inputs();

  /// Runs it.
  ///
  /// @param batch how many samples the inputs hold
  Run run(Inputs inputs, int batch) throws IOException;

  /// What the model's table of embeddings says of its tokens, `[batch, length, size]`; null if none
  /// is found.
  ///
  /// @param inputs of the run
  /// @param run what it gave
  @Nullable Tensor embeddings(Inputs inputs, Run run);

  /// What it is, for people.
  Map<String, String> facts();

  @Override
  void close();

  /// What a run gave.
  ///
  /// @param outputs the model's own
  /// @param maps of the first sample, their positions numbered
  /// @param arrays the outputs, and the maps of all samples under the names that published
  ///   implementations give them
  /// @param norms the lengths of what keys add to queries, where they were asked for and found
  /// @param notes lines about what was shown and what was not
  record Run(
      Map<String, NdArray> outputs,
      List<AttentionMap> maps,
      List<AttentionMap> norms,
      Map<String, NdArray> arrays,
      List<String> notes) {
    public Run {
      outputs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
      arrays = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(arrays));
      maps = List.copyOf(maps);
      norms = List.copyOf(norms);
      notes = List.copyOf(notes);
    }
  }
}
