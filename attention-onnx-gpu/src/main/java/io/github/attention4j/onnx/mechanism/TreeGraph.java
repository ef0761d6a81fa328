package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.onnx.graph.Attributes;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.mechanism.Control.Ranked;
import io.github.attention4j.onnx.mechanism.SoftmaxGraph.Normalized;
import java.util.List;

/// [io.github.attention4j.api.Normalizer.NonProjectiveTree] by the matrix-tree theorem in float64.
///
/// With arc weights $A_{mh} = e^{s_{mh} - \max_h s_{mh}}$ (a factor per word cancels) the Laplacian
/// $L$ has $L_{mm} = r_m + \sum_h A_{mh}$ and $L_{mh} = -A_{mh}$, $r$ being the root's weights.
/// Then $\ln Z = \ln \det L$, $p(\text{root}) = r_m L^{-1}_{mm}$ and $p(h) = A_{mh}(L^{-1}_{mm} -
/// L^{-1}_{hm})$. Gauss-Jordan elimination with row exchanges inverts $L$, one pivot a step of a
/// loop.
///
/// With a single root, $L$ loses the root's weights and its last column becomes $r$ (Koo et al. put
/// it first): then $p(\text{root of } m) = r_m L^{-1}_{nm}$, and differences leave the last word's
/// terms out. Scores no tree can be made of give 0, as rows without keys do.
final class TreeGraph {
  private TreeGraph() {}

  /// @param scores `[batch, heads, words, words + 1]` in float32, −∞ where not allowed
  static Normalized write(Graph graph, Value scores, boolean singleRoot) {
    Value words = scores.length(2);
    Value number = words.range();
    Value own = number.unsqueeze(1).same(number.unsqueeze(0));
    Value all = scores.cast(Type.DOUBLE);
    Value root = all.slice(3, 0, 1);
    Value heads = own.choose(Double.NEGATIVE_INFINITY, all.slice(3, 1, Long.MAX_VALUE));
    Value largest = Value.concat(3, root, heads).largest(3);
    Value exists = largest.same(Double.NEGATIVE_INFINITY).not();
    Value shift = exists.choose(largest, 0);
    Value alive = exists.cast(Type.DOUBLE);
    // Neither arcs to nor arcs from words that are not there.
    Value arcs = heads.minus(shift).exp().times(alive.swapLast());
    Value roots = root.minus(shift).exp();
    Value diagonal = arcs.sum(3).plus(alive.negate().plus(1));
    Value open = singleRoot ? diagonal : diagonal.plus(roots);
    Value laplacian = own.choose(open, arcs.negate());
    Value isLast = singleRoot ? lastWord(alive, number) : graph.scalar(Type.BOOL, 0);
    Value matrix = singleRoot ? isLast.swapLast().choose(roots, laplacian) : laplacian;
    List<Value> inverted = invert(graph, matrix, words, number, own);
    Value inverse = inverted.get(0);
    // p(h of m) needs the inverse's entries (m, m) and (h, m), with rows of heads.
    Value diagonalEntries = own.cast(Type.DOUBLE).times(inverse).sum(3);
    Value ofHeads = inverse.swapLast();
    Value same = singleRoot ? isLast.choose(0, diagonalEntries) : diagonalEntries;
    Value other = singleRoot ? isLast.swapLast().choose(0, ofHeads) : ofHeads;
    Value toHeads = arcs.times(same.minus(other));
    Value rootEntries =
        singleRoot ? isLast.cast(Type.DOUBLE).times(inverse).sum(2).swapLast() : diagonalEntries;
    Value toRoot = roots.times(rootEntries);
    Value any = exists.any(2).and(inverted.get(2).same(0));
    Value weights = exists.and(any).choose(Value.concat(3, toRoot, toHeads).max(0), 0);
    Value logDeterminant = inverted.get(1).plus(shift.sum(2));
    Value logPartition =
        any.choose(logDeterminant, Double.NEGATIVE_INFINITY).squeeze(3).expand(scores.sizes(0, 3));
    return new Normalized(weights.cast(Type.FLOAT), logPartition.cast(Type.FLOAT));
  }

  /// Bool `[batch, heads, words, 1]`: the last word that is there.
  private static Value lastWord(Value alive, Value number) {
    Value numbered = alive.times(number.plus(1).unsqueeze(1).cast(Type.DOUBLE));
    return numbered.same(numbered.largest(2)).and(alive.greater(0));
  }

  /// The inverse, the logarithm of the determinant, and whether it is 0 (1 or 0); the last two
  /// `[batch, heads, 1, 1]`.
  private static List<Value> invert(
      Graph graph, Value matrix, Value words, Value number, Value own) {
    Value identity = own.cast(Type.DOUBLE).expand(matrix.shape());
    Value zero = matrix.slice(2, 0, 1).slice(3, 0, 1).times(0);
    List<Value> states =
        Control.loop(
            graph,
            words,
            List.of(
                new Ranked(Value.concat(3, matrix, identity), 4),
                new Ranked(zero, 4),
                new Ranked(zero, 4)),
            from -> step -> eliminate(from, step, number));
    Value inverse = states.get(0).slice(3, words.unsqueeze(0), graph.vector(Long.MAX_VALUE), 1);
    return List.of(inverse, states.get(1), states.get(2));
  }

  /// One pivot: the largest entry of the column among rows not used yet.
  private static List<Value> eliminate(List<Value> states, Value step, Value number) {
    Graph graph = step.graph();
    Value a = states.get(0);
    Value here = step.unsqueeze(0);
    Value isHere = number.same(step).unsqueeze(1);
    Value unused = number.atLeast(step).unsqueeze(1);
    Value candidates = unused.choose(a.gather(here, 3).abs(), -1);
    Value chosen =
        graph.node(
            "ArgMax",
            Type.INT64,
            List.of(candidates),
            Attributes.of("axis", 2),
            Attributes.of("keepdims", 1));
    Value isChosen = number.unsqueeze(1).same(chosen);
    Value row = isChosen.choose(a, 0).sum(2);
    Value pivot = row.gather(here, 3);
    Value exchanged = isHere.choose(row, isChosen.choose(a.gather(here, 2), a));
    Value scaled = row.over(pivot);
    Value cleared = exchanged.minus(exchanged.gather(here, 3).times(scaled));
    Value singular = pivot.same(0).choose(graph.scalar(Type.DOUBLE, 1), states.get(2));
    return List.of(isHere.choose(scaled, cleared), states.get(1).plus(pivot.abs().log()), singular);
  }
}
