package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.mechanism.Control.Ranked;
import io.github.attention4j.onnx.mechanism.SoftmaxGraph.Normalized;
import java.util.List;

/// [io.github.attention4j.api.Normalizer.ProjectiveTree] by Eisner's inside-outside algorithm in
/// float64, all spans of one width a step of a loop.
///
/// Charts are matrices over positions: $R_{ij}$ sums what position $i$ heads from $i$ to $j$,
/// $L_{ij}$ what $j$ heads, $P_{ij}$ what is between them before an arc joins them, $I$ the same
/// with the arc. A sum over split points is then a matrix product: $P = R S$ with $S_{kj} =
/// L_{k+1,j}$, $R = I^R R$, $L = L I^L$, of which each step keeps one diagonal. The outside charts
/// are the derivatives of the sum over trees by the inside ones, and an arc's marginal is $I_{ij}
/// \bar I_{ij} / Z$. Arc weights are divided by each word's largest, which cancels.
final class SpanGraph {
  private final Graph graph;
  private final Value number;
  private final Value toRight;
  private final Value toLeft;

  private SpanGraph(Graph graph, Value number, Value toRight, Value toLeft) {
    this.graph = graph;
    this.number = number;
    this.toRight = toRight;
    this.toLeft = toLeft;
  }

  /// @param scores `[batch, heads, words, words + 1]` in float32, −∞ where not allowed
  static Normalized write(Graph graph, Value scores, boolean singleRoot) {
    Value words = scores.length(2);
    Value word = words.range();
    Value own = word.plus(1).unsqueeze(1).same(words.plus(1).range().unsqueeze(0));
    Value all = own.choose(Double.NEGATIVE_INFINITY, scores.cast(Type.DOUBLE));
    Value largest = all.largest(3);
    Value exists = largest.same(Double.NEGATIVE_INFINITY).not();
    Value shift = exists.choose(largest, 0);
    Value weights = all.minus(shift).exp();
    // Words that are not there are squeezed out: `place` moves the others together.
    Value alive = exists.cast(Type.DOUBLE);
    Value rank = alive.cumulativeSum(2).minus(1);
    Value place =
        rank.swapLast()
            .same(word.cast(Type.DOUBLE).unsqueeze(1))
            .and(exists.swapLast())
            .cast(Type.DOUBLE);
    Value placeOfHead = withRoot(graph, place);
    Value moved = place.matmul(weights).matmul(placeOfHead.swapLast());
    Value count = alive.sum(2);

    Value number = words.plus(1).range();
    Value none = moved.slice(2, 0, 1).times(0);
    // Rows are modifiers in `square`; as charts, arcs to the right have the head as row.
    Value square = Value.concat(2, none, moved);
    Value rootless = number.unsqueeze(0).same(0).choose(graph.scalar(Type.DOUBLE, 0), square);
    Value above = number.unsqueeze(1).less(number.unsqueeze(0));
    Value right = above.choose((singleRoot ? rootless : square).swapLast(), 0);
    Value left = above.choose(rootless, 0).swapLast();
    SpanGraph spans = new SpanGraph(graph, number, right, above.choose(left.swapLast(), 0));
    return spans.write(moved, place, placeOfHead, count, exists, shift, singleRoot, scores);
  }

  /// `[words + 1, words + 1]` with the root symbol staying first.
  private static Value withRoot(Graph graph, Value place) {
    Value zeroRow = place.slice(2, 0, 1).times(0);
    Value below = Value.concat(3, place.slice(3, 0, 1).times(0), place);
    Value first =
        Value.concat(3, zeroRow.slice(3, 0, 1).plus(graph.scalar(Type.DOUBLE, 1)), zeroRow);
    return Value.concat(2, first, below);
  }

  private Normalized write(
      Value moved,
      Value place,
      Value placeOfHead,
      Value count,
      Value exists,
      Value shift,
      boolean singleRoot,
      Value scores) {
    Value words = scores.length(2);
    Value identity =
        number.unsqueeze(1).same(number.unsqueeze(0)).cast(Type.DOUBLE).expand(toRight.shape());
    Value zero = toRight.times(0);
    List<Value> inside =
        Control.loop(
            graph,
            words,
            List.of(
                new Ranked(identity, 4),
                new Ranked(identity, 4),
                new Ranked(zero, 4),
                new Ranked(zero, 4)),
            charts -> step -> grow(charts, step));
    Value r = inside.get(0);
    Value l = inside.get(1);
    // Where the spans of each sentence end: its last word's position.
    Value end = number.unsqueeze(0).cast(Type.DOUBLE).same(count);
    Value toEnd = end.choose(r, 0).sum(3);
    Value first = number.unsqueeze(1).same(0).choose(toEnd, 0).sum(2);
    Value ofRoot = moved.slice(3, 0, 1);
    Value rootWeight = Value.concat(2, ofRoot.slice(2, 0, 1).times(0), ofRoot);
    Value fromStart = l.slice(2, 1, 2).swapLast();
    Value rootTerms = rootWeight.times(fromStart).times(toEnd);
    Value partition = singleRoot ? rootTerms.sum(2) : first;
    Value seedR =
        end.choose(
            singleRoot
                ? rootWeight.times(fromStart)
                : number.unsqueeze(1).same(0).cast(Type.DOUBLE),
            0);
    Value seedL =
        singleRoot
            ? number.unsqueeze(1).same(1).choose(rootWeight.times(toEnd).swapLast(), 0)
            : zero;
    List<Value> outside =
        Control.loop(
            graph,
            words,
            List.of(
                new Ranked(seedR.expand(toRight.shape()), 4),
                new Ranked(seedL.expand(toRight.shape()), 4),
                new Ranked(zero, 4),
                new Ranked(zero, 4)),
            charts -> step -> shrink(inside, charts, words.minus(step)));
    Value possible = partition.greater(0);
    Value safe = possible.choose(partition, 1);
    Value arcs =
        inside.get(2).times(outside.get(2)).swapLast().plus(inside.get(3).times(outside.get(3)));
    Value byWord = arcs.slice(2, 1, Long.MAX_VALUE);
    Value isRoot = number.unsqueeze(0).same(0);
    Value marginals =
        (singleRoot ? isRoot.choose(rootTerms.slice(2, 1, Long.MAX_VALUE), byWord) : byWord)
            .over(safe);
    Value back = place.swapLast().matmul(marginals).matmul(placeOfHead);
    Value any = exists.any(2).and(possible);
    Value logPartition =
        any.choose(partition.log().plus(shift.sum(2)), Double.NEGATIVE_INFINITY)
            .squeeze(3)
            .expand(scores.sizes(0, 3));
    return new Normalized(any.choose(back, 0).cast(Type.FLOAT), logPartition.cast(Type.FLOAT));
  }

  private Value diagonal(Value width) {
    return number.unsqueeze(0).minus(number.unsqueeze(1)).same(width);
  }

  /// $S_{kj} = L_{k+1,j}$.
  private static Value up(Value l) {
    return Value.concat(2, l.slice(2, 1, Long.MAX_VALUE), l.slice(2, 0, 1).times(0));
  }

  private static Value down(Value s) {
    return Value.concat(2, s.slice(2, 0, 1).times(0), s.slice(2, 0, -1));
  }

  private List<Value> grow(List<Value> charts, Value step) {
    Value r = charts.get(0);
    Value l = charts.get(1);
    Value wide = diagonal(step.plus(1));
    Value between = r.matmul(up(l));
    Value newRight = wide.choose(between.times(toRight), charts.get(2));
    Value newLeft = wide.choose(between.times(toLeft), charts.get(3));
    return List.of(
        wide.choose(newRight.matmul(r), r), wide.choose(l.matmul(newLeft), l), newRight, newLeft);
  }

  private List<Value> shrink(List<Value> inside, List<Value> charts, Value width) {
    Value r = inside.get(0);
    Value l = inside.get(1);
    Value wide = diagonal(width);
    Value ofR = wide.choose(charts.get(0), 0);
    Value ofL = wide.choose(charts.get(1), 0);
    Value right = charts.get(2).plus(ofR.matmul(r.swapLast()));
    Value left = charts.get(3).plus(l.swapLast().matmul(ofL));
    Value between = wide.choose(right.times(toRight).plus(left.times(toLeft)), 0);
    Value newR =
        charts
            .get(0)
            .plus(inside.get(2).swapLast().matmul(ofR))
            .plus(between.matmul(up(l).swapLast()));
    Value newL =
        charts
            .get(1)
            .plus(ofL.matmul(inside.get(3).swapLast()))
            .plus(down(r.swapLast().matmul(between)));
    return List.of(newR, newL, right, left);
  }
}
