package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.onnx.graph.Attributes;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.proto.AttributeProto;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// ONNX Runtime's operator `LinearAttention`: $S \leftarrow \gamma S + k v^\top$ or by the delta
/// rule, $o = S^\top q$, step by step. All key heads are entries of the batch, so that nothing is
/// transposed but the queries of groups.
final class LinearOperator {
  /// Its name for people.
  static final String NAME = "com.microsoft LinearAttention";

  private LinearOperator() {}

  /// Whether a graph can use it: in the fused dialect, in float32 (ONNX Runtime has no other kernel
  /// on the CPU), where the number of query heads per key head is known.
  static boolean applies(Graph graph, Sources sources) {
    return graph.fused() && graph.real() == Type.FLOAT && group(sources) > 0;
  }

  private static int group(Sources sources) {
    return sources.equalHeads() ? 1 : sources.sizes().group();
  }

  /// What it returns.
  ///
  /// @param output `[batch, queryHeads, length, valueSize]`
  /// @param state `[batch, keyHeads, keySize, valueSize]`
  record Outcome(Value output, Value state) {}

  /// @param query `[batch, queryHeads, length, keySize]`, scaled
  /// @param key `[batch, keyHeads, length, keySize]`
  /// @param value `[batch, keyHeads, length, valueSize]`
  /// @param state `[batch, keyHeads, keySize, valueSize]`, or null
  /// @param decay logarithms, `[batch, keyHeads, length, 1 or keySize]`, or null
  /// @param beta `[batch, keyHeads, length, 1]`, or null
  static Outcome write(
      Graph graph,
      Sources sources,
      Value query,
      Value key,
      Value value,
      @Nullable Value state,
      @Nullable Value decay,
      @Nullable Value beta) {
    int group = group(sources);
    Value entries = key.size(0).times(key.size(1));
    Value length = key.size(2);
    Value size = key.size(3);
    Value grouped = graph.vector(group);
    Value rows =
        group == 1
            ? folded(query, entries)
            : query
                .reshape(entries, grouped, length, size)
                .transpose(0, 2, 1, 3)
                .reshape(entries, length, size.times(grouped));
    String rule = (decay == null ? "" : "gated") + (beta == null ? "" : "_delta");
    List<Value> results =
        graph.fusedNode(
            "LinearAttention",
            List.of(Type.FLOAT, Type.FLOAT),
            List.of(
                rows,
                folded(key, entries),
                folded(value, entries),
                state == null ? graph.absent() : folded(state, entries).unsqueeze(1),
                decay == null ? graph.absent() : folded(decay, entries),
                beta == null ? graph.absent() : folded(beta, entries)),
            new AttributeProto[] {
              Attributes.of("q_num_heads", group),
              Attributes.of("kv_num_heads", 1),
              Attributes.of("scale", 1f),
              Attributes.of(
                  "update_rule",
                  rule.isEmpty() ? "linear" : rule.startsWith("_") ? rule.substring(1) : rule)
            });
    Value heads =
        group == 1
            ? results.getFirst()
            : results
                .getFirst()
                .reshape(entries, length, grouped, value.size(3))
                .transpose(0, 2, 1, 3);
    return new Outcome(
        heads.reshape(query.sizes(0, 3), value.size(3)),
        results.get(1).reshape(key.sizes(0, 2), size, value.size(3)));
  }

  private static Value folded(Value x, Value entries) {
    return x.reshape(entries, x.sizes(2, 4));
  }
}
