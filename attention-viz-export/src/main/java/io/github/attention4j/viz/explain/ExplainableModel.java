package io.github.attention4j.viz.explain;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.spi.ModelPort;
import io.github.attention4j.api.trace.AttentionMap;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A model that runs on named arrays and shows its attention: an ONNX file or a checkpoint folder.
public interface ExplainableModel extends AutoCloseable {
  /// What it reads.
  List<ModelPort> inputs();

  /// Runs it.
  ///
  /// @param batch how many samples the inputs hold
  Run run(Inputs inputs, int batch) throws IOException;

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
  /// @param notes lines about what was shown and what was not
  record Run(
      Map<String, NdArray> outputs,
      List<AttentionMap> maps,
      Map<String, NdArray> arrays,
      List<String> notes) {
    public Run {
      outputs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
      arrays = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(arrays));
      maps = List.copyOf(maps);
      notes = List.copyOf(notes);
    }
  }
}
