package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import java.util.Optional;

/// Multi-head attention with its four projections, as a checkpoint names them. Nodes are named
/// after the map, so that one set of parameters may be used several times.
///
/// @param heads the number of heads
/// @param channels of queries, keys and values, all heads together
/// @param width of what is projected and of the result
/// @param mechanism what attends
/// @param names of the projections
record MultiHead(int heads, int channels, int width, Pairwise mechanism, Names names) {
  /// The parameters of the projections, after the name of the attention.
  ///
  /// @param query queries
  /// @param key keys
  /// @param value values
  /// @param output back to the width of the model
  /// @param bias whether queries and values have one
  /// @param keyBias whether keys have one
  /// @param outputBias whether the result has one
  record Names(
      String query,
      String key,
      String value,
      String output,
      boolean bias,
      boolean keyBias,
      boolean outputBias) {
    /// As BERT: `self.query` … `output.dense`.
    static final Names BERT =
        new Names("self.query", "self.key", "self.value", "output.dense", true, true, true);

    /// As BART and CLIP: `q_proj` … `out_proj`.
    static final Names PROJ = new Names("q_proj", "k_proj", "v_proj", "out_proj", true, true, true);
  }

  /// Scaled dot product over all keys, queries and keys as wide as the model.
  static MultiHead of(int heads, int width, Names names) {
    return new MultiHead(heads, width, width, Pairwise.of(Score.scaledDot()), names);
  }

  /// The same over keys up to the query, queries standing at the end.
  MultiHead causal() {
    return new MultiHead(
        heads, channels, width, mechanism.within(Scope.causal()).placed(Placement.end()), names);
  }

  /// Projects keys.
  String keys(ModelGraph graph, String node, String parameter, String context) {
    return graph.linear(
        node, parameter + "." + names.key(), context, width, channels, names.keyBias());
  }

  /// Projects values.
  String values(ModelGraph graph, String node, String parameter, String context) {
    return graph.linear(
        node, parameter + "." + names.value(), context, width, channels, names.bias());
  }

  /// Queries from `x`, keys and values from `context`.
  String apply(
      ModelGraph graph,
      String map,
      MapLabel label,
      String parameter,
      String x,
      String context,
      Optional<String> mask) {
    return over(
        graph,
        map,
        label,
        parameter,
        x,
        keys(graph, map + ".key", parameter, context),
        values(graph, map + ".value", parameter, context),
        mask);
  }

  /// Attention of `x` to itself and to what a session remembers of it.
  String remembering(
      ModelGraph graph,
      String map,
      MapLabel label,
      String parameter,
      String x,
      Optional<String> mask) {
    Layer append = new Layer.Append(channels);
    return over(
        graph,
        map,
        label,
        parameter,
        x,
        graph.layer(map + ".keys", append, keys(graph, map + ".key", parameter, x)),
        graph.layer(map + ".values", append, values(graph, map + ".value", parameter, x)),
        mask);
  }

  /// Queries from `x` over projected keys and values.
  String over(
      ModelGraph graph,
      String map,
      MapLabel label,
      String parameter,
      String x,
      String keys,
      String values,
      Optional<String> mask) {
    String query =
        graph.linear(
            map + ".query", parameter + "." + names.query(), x, width, channels, names.bias());
    String seen = graph.attend(map, label, heads, heads, mechanism, mask, query, keys, values);
    return graph.linear(
        map + ".output",
        parameter + "." + names.output(),
        seen,
        channels,
        width,
        names.outputBias());
  }
}
