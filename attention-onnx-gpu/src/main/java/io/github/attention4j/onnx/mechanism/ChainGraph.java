package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.graph.Axis;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.mechanism.Control.Ranked;
import io.github.attention4j.onnx.mechanism.SoftmaxGraph.Normalized;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// [Normalizer.ChainCrf] by forward-backward in log space: two scans over the keys.
///
/// Keys that are not allowed leave the state as it is, so that a chain closes over them. The
/// transition after a key is that of its position; the state carries the one that comes next.
final class ChainGraph {
  private final Graph graph;
  private final Value scores;
  private final Value matrices;

  private ChainGraph(Graph graph, Value scores, Value matrices) {
    this.graph = graph;
    this.scores = scores;
    this.matrices = matrices;
  }

  /// @param scores `[batch, heads, queries, keys]` in float32, −∞ where not allowed
  /// @param stages takes the marginals of neighbours as `pairwise`, or null
  static Normalized write(
      Graph graph,
      Sources sources,
      Normalizer.ChainCrf crf,
      Value scores,
      @Nullable Outputs stages) {
    Tensor transitions = crf.transitions();
    int rank = transitions.shape().rank();
    if (rank == 3 || (rank == 4 && transitions.shape().size(0) != 1)) {
      sources.fix("query_heads", transitions.shape().size(0), "transitions");
    }
    Value table = graph.parameter("transitions", transitions).cast(Type.FLOAT);
    Value perKey = scores.transpose(3, 0, 1, 2);
    Value matrices;
    if (rank == 4) {
      sources.fix("keys", transitions.shape().size(1) + 1, "transitions");
      // No transition follows the last key; a row of zeros stands there.
      Value last =
          graph.scalar(Type.FLOAT, 0).expand(graph.vector(transitions.shape().size(0), 1, 2, 2));
      matrices = Value.concat(1, table, last).transpose(1, 0, 2, 3);
    } else {
      Value one = rank == 2 ? table.unsqueeze(0, 1) : table.unsqueeze(0);
      matrices = one.expand(Value.concat(0, scores.size(3), graph.vector(1, 1, 1)));
    }
    return new ChainGraph(graph, perKey, matrices).write(stages);
  }

  private Normalized write(@Nullable Outputs stages) {
    Value nothing = graph.scalar(Type.FLOAT, 0).expand(scores.sizes(1, 4));
    Value empty = graph.scalar(Type.FLOAT, Double.NEGATIVE_INFINITY).expand(scores.sizes(1, 4));
    Value noMatrix =
        graph.scalar(Type.FLOAT, 0).expand(Value.concat(0, scores.sizes(1, 4), graph.vector(4)));
    Value flat = matrices.reshape(matrices.sizes(0, 2), graph.vector(4));
    List<Value> forward =
        Control.scan(
            graph,
            List.of(new Ranked(empty, 3), new Ranked(empty, 3), new Ranked(noMatrix, 4)),
            List.of(new Ranked(scores, 4), new Ranked(flat, 3)),
            false,
            this::ahead);
    List<Value> backward =
        Control.scan(
            graph,
            List.of(
                new Ranked(nothing, 3),
                new Ranked(nothing, 3),
                new Ranked(nothing, 3),
                new Ranked(empty, 3)),
            List.of(new Ranked(scores, 4), new Ranked(flat, 3)),
            true,
            this::behind);
    Value logPartition = logAdd(forward.get(0), forward.get(1));
    Value off = forward.get(3).plus(backward.get(4));
    Value on = forward.get(4).plus(backward.get(5));
    Value marginal = on.minus(off).sigmoid();
    Value weights = isOpen(scores).choose(marginal, 0).transpose(1, 2, 3, 0);
    if (stages != null) {
      Value ahead = Value.concat(4, forward.get(3).unsqueeze(4), forward.get(4).unsqueeze(4));
      Value repeated = ahead.gather(graph.vector(0, 0, 1, 1), 4);
      Value known = logPartition.unsqueeze(0, 4);
      Value pairs = repeated.plus(backward.get(6)).minus(known).exp();
      Value open = isOpen(scores).unsqueeze(4).choose(pairs, 0).transpose(1, 2, 3, 0, 4);
      Value between = open.slice(3, 0, -1);
      stages.add(
          "pairwise",
          between.reshape(between.sizes(0, 4), graph.vector(2, 2)).cast(graph.real()),
          new Axis.Named("batch"),
          new Axis.Named("query_heads"),
          new Axis.Named("queries"),
          new Axis.LessOne("keys"),
          new Axis.Fixed(2),
          new Axis.Fixed(2));
    }
    return new Normalized(weights, logPartition);
  }

  private static Value isOpen(Value score) {
    return score.same(Double.NEGATIVE_INFINITY).not();
  }

  /// States: everything so far with label 0 and 1, and the transition that follows.
  private List<Value> ahead(List<Value> states, List<Value> elements) {
    Value off = states.get(0);
    Value on = states.get(1);
    Value matrix = states.get(2);
    Value score = elements.get(0);
    Value open = isOpen(score);
    Value first = logAdd(off, on).same(Double.NEGATIVE_INFINITY);
    Value nextOff = first.choose(0, logAdd(off.plus(entry(matrix, 0)), on.plus(entry(matrix, 2))));
    Value nextOn =
        first.choose(0, logAdd(off.plus(entry(matrix, 1)), on.plus(entry(matrix, 3)))).plus(score);
    Value newOff = open.choose(nextOff, off);
    Value newOn = open.choose(nextOn, on);
    Value own = elements.get(1).unsqueeze(0, 2).expand(matrix.shape());
    return List.of(newOff, newOn, open.unsqueeze(3).choose(own, matrix), newOff, newOn);
  }

  /// States: everything after the next allowed key, with label 0 and 1 of that key; its score; and
  /// −∞ while there is no such key.
  private List<Value> behind(List<Value> states, List<Value> elements) {
    Value off = states.get(0);
    Value on = states.get(1);
    Value later = states.get(2);
    Value last = states.get(3).same(Double.NEGATIVE_INFINITY);
    Value score = elements.get(0);
    Value open = isOpen(score);
    Value matrix = elements.get(1).unsqueeze(0, 2);
    Value reached = later.plus(on);
    Value here0 =
        last.choose(0, logAdd(entry(matrix, 0).plus(off), entry(matrix, 1).plus(reached)));
    Value here1 =
        last.choose(0, logAdd(entry(matrix, 2).plus(off), entry(matrix, 3).plus(reached)));
    Value following =
        Value.concat(3, off.unsqueeze(3), reached.unsqueeze(3)).gather(graph.vector(0, 1, 0, 1), 3);
    Value newOff = open.choose(here0, off);
    Value newOn = open.choose(here1, on);
    Value newLater = open.choose(score, later);
    return List.of(
        newOff,
        newOn,
        newLater,
        open.choose(0, states.get(3)),
        newOff,
        newOn,
        last.unsqueeze(3).choose(Double.NEGATIVE_INFINITY, matrix.plus(following)));
  }

  private Value entry(Value matrix, long index) {
    return matrix.gather(graph.scalar(index), 3);
  }

  /// $\ln(e^a + e^b)$; −∞ where both are.
  static Value logAdd(Value a, Value b) {
    Value larger = a.max(b);
    Value shift = larger.same(Double.NEGATIVE_INFINITY).choose(0, larger);
    return a.minus(shift).exp().plus(b.minus(shift).exp()).log().plus(shift);
  }
}
