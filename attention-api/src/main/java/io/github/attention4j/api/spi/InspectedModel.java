package io.github.attention4j.api.spi;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Tensor;
import java.util.List;
import java.util.Map;

/// A model of another maker, opened by a [ModelInspector]: what goes in, what comes out, and where
/// it attends.
///
/// Safe for use by several threads until closed.
public interface InspectedModel extends AutoCloseable {
  /// What the file says of itself, for people: `producer`, `operators`, `parameters` …
  Map<String, String> facts();

  /// What a run reads, in the model's order.
  List<ModelPort> inputs();

  /// What the model itself returns, in the model's order.
  List<ModelPort> outputs();

  /// Where the model attends, in the order of execution.
  List<AttentionSite> sites();

  /// What looks like attention but cannot be shown, with reasons.
  List<Refusal> refusals();

  /// Runs the model once on a batch.
  ///
  /// Inputs are converted to the model's types where that loses nothing but float precision: whole
  /// numbers to any integer type (refused if out of range), to bool (0 and 1) and to floats;
  /// float32 to float16 and double.
  ///
  /// @param inputs by the names of [#inputs]; optional ones may be missing
  /// @param request which maps
  /// @throws IllegalArgumentException if an input is missing, unknown, or of the wrong type or
  ///   shape, if the request names what is not there, or if the maps would be larger than the
  ///   request allows; the message then says how large
  ModelRun run(Inputs inputs, MapRequest request);

  /// What the model's tables of embeddings say of the ids of a run, before positions or anything
  /// else is added: `[batch, length, size]` by the input that holds the ids. Empty if no table is
  /// read by an input.
  ///
  /// @param inputs as for [#run]
  default Map<String, Tensor> embeddings(Inputs inputs) {
    return Map.of();
  }

  /// Frees the model; a second call does nothing.
  @Override
  void close();

  /// A node that looks like attention but cannot be shown.
  ///
  /// @param node its name
  /// @param operator what it is, as in [AttentionSite#operator]
  /// @param reason why not
  record Refusal(String node, String operator, String reason) {}
}
