package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.mechanism.Control.Ranked;
import java.util.ArrayList;
import java.util.List;

/// The Moore-Penrose inverse of small square matrices `[batch, heads, n, n]` in float64.
final class PseudoInverseGraph {
  private static final double RANK_TOLERANCE = 1e-12;
  private static final double ORTHOGONAL = 1e-15;
  private static final int MOST_SWEEPS = 60;

  private PseudoInverseGraph() {}

  /// Steps of $Z \leftarrow \frac14 Z (13 I - A Z (15 I - A Z (7 I - A Z)))$ from $A^\top / (|A|_1
  /// |A|_\infty)$; Xiong et al. 2021 (arXiv:2102.03902), section 4.3.
  static Value iterated(Graph graph, Value a, int n, int iterations) {
    Value columns = a.abs().sum(2).largest(3);
    Value rows = a.abs().sum(3).largest(2);
    Value start = a.swapLast().over(columns.times(rows));
    Value identity = identity(graph, n);
    return Control.loop(
            graph,
            graph.scalar((long) iterations),
            List.of(new Ranked(start, 4)),
            states ->
                _ -> {
                  Value z = states.getFirst();
                  Value az = a.matmul(z);
                  Value inner = identity.times(7).minus(az);
                  Value middle = identity.times(15).minus(az.matmul(inner));
                  Value outer = identity.times(13).minus(az.matmul(middle));
                  return List.of(z.matmul(outer).times(0.25));
                })
        .getFirst();
  }

  private static Value identity(Graph graph, int n) {
    double[] one = new double[n * n];
    for (int i = 0; i < n; i++) {
      one[i * n + i] = 1;
    }
    return graph.constant(Type.DOUBLE, Type.DOUBLE.encode(one), "identity", n, n);
  }

  /// $V \Sigma^+ U^\top$ by one-sided Jacobi rotations (Hestenes 1958): columns of $A V$ are turned
  /// until all are orthogonal. In a round of a tournament every column meets one other, so that a
  /// step of the loop turns $n / 2$ pairs at once; it ends after a tournament without a turn.
  static Value exact(Graph graph, Value a, int n) {
    Value v = identity(graph, n).expand(a.shape());
    List<Value> states = n == 1 ? List.of(a, v) : turned(graph, a, v, n);
    Value u = states.get(0);
    Value squared = u.square().sum(2);
    Value sigma = squared.sqrt();
    Value counts = sigma.greater(sigma.largest(3).times(RANK_TOLERANCE));
    Value inverse = counts.choose(graph.scalar(Type.DOUBLE, 1).over(counts.choose(squared, 1)), 0);
    return states.get(1).times(inverse).matmul(u.swapLast());
  }

  private static List<Value> turned(Graph graph, Value a, Value v, int n) {
    Tournament tournament = Tournament.of(n);
    Value first = tournament.table(graph, tournament.first(), "first_columns");
    Value second = tournament.table(graph, tournament.second(), "second_columns");
    Value rest = tournament.table(graph, tournament.rest(), "resting_columns");
    Value order = tournament.table(graph, tournament.order(), "column_order");
    Value rounds = graph.scalar((long) tournament.rounds());
    return Control.loopWhile(
        graph,
        graph.scalar((long) MOST_SWEEPS * tournament.rounds()),
        List.of(new Ranked(a, 4), new Ranked(v, 4), new Ranked(graph.scalar(0L), 0)),
        states ->
            step -> {
              Value round = step.modulo(rounds);
              Value p = first.gather(round, 0);
              Value q = second.gather(round, 0);
              Value left = states.get(0).gather(p, 3);
              Value right = states.get(0).gather(q, 3);
              Value alpha = left.square().sum(2);
              Value beta = right.square().sum(2);
              Value gamma = left.times(right).sum(2);
              Value bound = alpha.times(beta).sqrt().times(ORTHOGONAL);
              Value turn = gamma.abs().greater(bound);
              Value zeta = beta.minus(alpha).over(turn.choose(gamma.times(2), 1));
              Value sign =
                  zeta.less(0).choose(graph.scalar(Type.DOUBLE, -1), graph.scalar(Type.DOUBLE, 1));
              Value tangent = sign.over(zeta.abs().plus(zeta.square().plus(1).sqrt()));
              Value cosine =
                  turn.choose(
                      graph.scalar(Type.DOUBLE, 1).over(tangent.square().plus(1).sqrt()), 1);
              Value sine = turn.choose(cosine.times(tangent), 0);
              Value quiet =
                  turn.any(0, 1, 2, 3)
                      .squeeze(0, 1, 2, 3)
                      .choose(graph.scalar(0L), states.get(2).plus(1));
              List<Value> results = new ArrayList<>();
              results.add(quiet.less(rounds));
              for (int i = 0; i < 2; i++) {
                Value x = states.get(i);
                Value xp = x.gather(p, 3);
                Value xq = x.gather(q, 3);
                Value joined =
                    Value.concat(
                        3,
                        xp.times(cosine).minus(xq.times(sine)),
                        xp.times(sine).plus(xq.times(cosine)),
                        x.gather(rest.gather(round, 0), 3));
                results.add(joined.gather(order.gather(round, 0), 3));
              }
              results.add(quiet);
              return results;
            });
  }

  /// Who meets whom, by round.
  ///
  /// @param first columns of the pairs
  /// @param second their partners
  /// @param rest the column that rests, if the number is odd
  /// @param order where each column stands after first, second and rest are joined
  private record Tournament(
      List<List<Integer>> first,
      List<List<Integer>> second,
      List<List<Integer>> rest,
      List<List<Integer>> order) {

    /// The circle method.
    static Tournament of(int n) {
      int seats = n + n % 2;
      Tournament tournament =
          new Tournament(
              new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      for (int round = 0; round < seats - 1; round++) {
        List<Integer> first = new ArrayList<>();
        List<Integer> second = new ArrayList<>();
        List<Integer> rest = new ArrayList<>();
        for (int i = 0; i < seats / 2; i++) {
          int a = i == 0 ? seats - 1 : (round + i) % (seats - 1);
          int b = (round + seats - 1 - i) % (seats - 1);
          if (Math.max(a, b) == n) {
            rest.add(Math.min(a, b));
          } else {
            first.add(Math.min(a, b));
            second.add(Math.max(a, b));
          }
        }
        List<Integer> joined = new ArrayList<>(first);
        joined.addAll(second);
        joined.addAll(rest);
        List<Integer> order = new ArrayList<>();
        for (int column = 0; column < n; column++) {
          order.add(joined.indexOf(column));
        }
        tournament.first.add(first);
        tournament.second.add(second);
        tournament.rest.add(rest);
        tournament.order.add(order);
      }
      return tournament;
    }

    int rounds() {
      return first.size();
    }

    Value table(Graph graph, List<List<Integer>> rows, String name) {
      long[] flat = rows.stream().flatMap(List::stream).mapToLong(Integer::longValue).toArray();
      return graph.constant(
          Type.INT64, Type.encodeLongs(flat), name, rows.size(), rows.getFirst().size());
    }
  }
}
