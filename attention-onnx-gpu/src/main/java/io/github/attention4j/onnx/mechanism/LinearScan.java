package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.mechanism.Control.Ranked;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Causal [io.github.attention4j.api.Mechanism.Linearized] as a scan over chunks, linear in the
/// length.
///
/// What came before a chunk stands as one more key per feature $r$, with weight $\phi_r(q) z_r$ and
/// value $s_r / z_r$, beside the chunk's own keys up to the query; a softmax over the logarithms
/// normalizes both. The sums are kept relative to a maximum $M_r$ of each feature over the keys so
/// far and rescaled when it grows, so that nothing overflows or vanishes.
final class LinearScan {
  /// Large enough that the products outweigh the steps, small enough that pairs stay cheap.
  private static final int CHUNK = 128;

  private final Graph graph;
  private final Value chunk;
  private final Value chunks;

  private LinearScan(Graph graph, Value length) {
    this.graph = graph;
    chunk = length.min(CHUNK).max(1);
    chunks = length.plus(chunk).minus(1).over(chunk).max(1);
  }

  /// The output, `[batch, queryHeads, queries, valueSize]`.
  ///
  /// @param query logarithms of features, `[batch, queryHeads, queries, features]`
  /// @param key the same of keys; −∞ for keys that are not allowed
  /// @param value 0 for keys that are not allowed
  /// @param sumOfValues `state_s`, or null
  /// @param sumOfKeys `state_z`, or null
  static Value write(
      Graph graph,
      Value query,
      Value key,
      Value value,
      @Nullable Value sumOfValues,
      @Nullable Value sumOfKeys) {
    LinearScan scan = new LinearScan(graph, query.size(2).max(key.size(2)));
    Value infinity = graph.scalar(query.type(), Double.NEGATIVE_INFINITY);
    Value nothing = graph.scalar(value.type(), 0);
    Value none = Value.concat(0, key.sizes(0, 2), key.size(3), graph.vector(1));
    Value z = sumOfKeys == null ? nothing.expand(none) : sumOfKeys.unsqueeze(3);
    Value s =
        sumOfValues == null
            ? nothing.expand(Value.concat(0, key.sizes(0, 2), key.size(3), value.size(3)))
            : sumOfValues.over(z.same(0).choose(1, z));
    Value count = z.same(0).not().cast(query.type());
    List<Value> results =
        Control.scan(
            graph,
            List.of(new Ranked(z.log(), 4), new Ranked(count, 4), new Ranked(s, 4)),
            List.of(
                new Ranked(scan.split(query, nothing), 5),
                new Ranked(scan.split(key, infinity), 5),
                new Ranked(scan.split(value, nothing), 5)),
            false,
            scan::step);
    Value rows = results.getLast().transpose(1, 2, 0, 3, 4);
    return rows.reshape(query.sizes(0, 2), scan.chunk.times(scan.chunks), value.size(3))
        .slice(2, graph.vector(0), query.size(2), 1);
  }

  /// `[chunks, batch, heads, chunk, size]`, filled up at the end.
  private Value split(Value x, Value filler) {
    Value missing = chunk.times(chunks).minus(x.size(2));
    Value padding = filler.expand(Value.concat(0, x.sizes(0, 2), missing, x.size(3)));
    return Value.concat(2, x, padding)
        .reshape(x.sizes(0, 2), chunks, chunk, x.size(3))
        .transpose(2, 0, 1, 3, 4);
  }

  /// @param states $M$ and $\sum e^{\ln \phi - M}$, `[batch, keyHeads, features, 1]`, and $\sum
  ///   e^{\ln \phi - M} v$
  private List<Value> step(List<Value> states, List<Value> elements) {
    Value largest = states.get(0);
    Value count = states.get(1);
    Value sum = states.get(2);
    Value query = elements.get(0);
    Value key = elements.get(1);
    Value value = elements.get(2);
    Grouping grouping = new Grouping(query, key, false);

    Value past = query.plus(grouping.repeat(largest.plus(count.log()).swapLast()));
    Value position = chunk.squeeze(0).range();
    Value own =
        position
            .unsqueeze(0)
            .atMost(position.unsqueeze(1))
            .choose(logWeights(grouping, query, key), Double.NEGATIVE_INFINITY);
    Value weights =
        SoftmaxGraph.weights(Value.concat(3, past, own).cast(Type.FLOAT), true).cast(graph.real());
    Value means = sum.over(count.same(0).choose(1, count));
    Value output = Weighing.write(graph, grouping, weights, Value.concat(2, means, value), true);

    Value highest = largest.max(key.largest(2).swapLast());
    Value shift = highest.same(Double.NEGATIVE_INFINITY).choose(0, highest);
    Value features = key.minus(shift.swapLast()).exp().swapLast();
    Value kept = largest.minus(shift).exp();
    return List.of(
        highest,
        count.times(kept).plus(features.sum(3)),
        sum.times(kept).plus(features.matmul(value)),
        output);
  }

  /// $\ln \sum_r \phi_r(q) \phi_r(k)$ from logarithms of features.
  static Value logWeights(Grouping grouping, Value query, Value key) {
    Value ofQuery = query.largest(3);
    Value ofKey = key.largest(3);
    Value level = ofKey.same(Double.NEGATIVE_INFINITY).choose(0, ofKey);
    Value product = grouping.matmul(query.minus(ofQuery).exp(), key.minus(level).exp().swapLast());
    return product.log().plus(ofQuery).plus(grouping.repeat(level.swapLast()));
  }
}
