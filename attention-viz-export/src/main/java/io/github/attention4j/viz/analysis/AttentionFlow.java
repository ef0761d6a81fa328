package io.github.attention4j.viz.analysis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Attention flow: the largest flow from a position of a layer to an input position.
///
/// The graph has an edge from `(l, i)` to `(l-1, j)` of capacity `A'_l[i, j]`, with `A'` as in
/// [Rollout#augment]; the flow is from one source to one sink at a time. Source: Abnar & Zuidema
/// 2020 (arXiv:2005.00928), section 3. Computed by Dinic's algorithm: cost grows about with
/// `layers² n⁴`, so it is for short texts.
public final class AttentionFlow {
  /// Capacity left by rounding is not capacity.
  private static final double SPENT = 1e-15;

  private final List<double[][]> layers;
  private final int length;

  private AttentionFlow(List<double[][]> layers) {
    this.layers = layers;
    this.length = layers.isEmpty() ? 0 : layers.getFirst().length;
  }

  /// The flow into every layer.
  ///
  /// @param layers from [Rollout#augment], the layer next to the input first
  /// @return per layer `[outputs][inputs]`, raw flow values
  public static List<double[][]> of(List<double[][]> layers) {
    AttentionFlow flow = new AttentionFlow(layers);
    List<double[][]> flows = new ArrayList<>();
    for (int top = 1; top <= layers.size(); top++) {
      flows.add(flow.from(top));
    }
    return flows;
  }

  /// The flow into the last layer only.
  public static double[][] ofLast(List<double[][]> layers) {
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("layers: expected at least one");
    }
    return new AttentionFlow(layers).from(layers.size());
  }

  /// Every row divided by its sum, as the authors show it.
  public static double[][] normalised(double[][] flow) {
    double[][] rows = new double[flow.length][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = flow[i].clone();
      Rollout.normalise(rows[i]);
    }
    return rows;
  }

  private double[][] from(int top) {
    double[][] flow = new double[length][length];
    for (int source = 0; source < length; source++) {
      for (int sink = 0; sink < length; sink++) {
        flow[source][sink] = maximum(top, source, sink);
      }
    }
    return flow;
  }

  /// Dinic: level the residual graph from the source, then saturate it by depth-first pushes, until
  /// the sink is out of reach.
  private double maximum(int top, int source, int sink) {
    double[][][] down = new double[top][length][];
    double[][][] up = new double[top][length][length];
    for (int layer = 0; layer < top; layer++) {
      for (int i = 0; i < length; i++) {
        down[layer][i] = layers.get(layer)[i].clone();
      }
    }
    double total = 0;
    while (true) {
      Push push = new Push(down, up, levels(down, up, top, source), sink);
      if (push.levels[0][sink] < 0) {
        return total;
      }
      double pushed;
      while ((pushed = push.from(top, source, Double.POSITIVE_INFINITY)) > 0) {
        total += pushed;
      }
    }
  }

  /// Breadth-first distances from the source, -1 where nothing is left; node `(l, i)` stands at
  /// `[l][i]`.
  private int[][] levels(double[][][] down, double[][][] up, int top, int source) {
    int[][] levels = new int[top + 1][length];
    for (int[] row : levels) {
      Arrays.fill(row, -1);
    }
    levels[top][source] = 0;
    int[] queue = new int[(top + 1) * length];
    int tail = 0;
    queue[tail++] = top * length + source;
    for (int head = 0; head < tail; head++) {
      int layer = queue[head] / length;
      int node = queue[head] % length;
      int next = levels[layer][node] + 1;
      for (int other = 0; other < length; other++) {
        if (layer > 0 && levels[layer - 1][other] < 0 && down[layer - 1][node][other] > SPENT) {
          levels[layer - 1][other] = next;
          queue[tail++] = (layer - 1) * length + other;
        }
        if (layer < top && levels[layer + 1][other] < 0 && up[layer][other][node] > SPENT) {
          levels[layer + 1][other] = next;
          queue[tail++] = (layer + 1) * length + other;
        }
      }
    }
    return levels;
  }

  /// One phase: remembers per node which edges are already used up.
  private final class Push {
    private final double[][][] down;
    private final double[][][] up;
    private final int[][] levels;
    private final int[][] next;
    private final int sink;

    Push(double[][][] down, double[][][] up, int[][] levels, int sink) {
      this.down = down;
      this.up = up;
      this.levels = levels;
      this.next = new int[levels.length][length];
      this.sink = sink;
    }

    double from(int layer, int node, double limit) {
      if (layer == 0 && node == sink) {
        return limit;
      }
      for (; next[layer][node] < 2 * length; next[layer][node]++) {
        int other = next[layer][node] % length;
        boolean downward = next[layer][node] < length;
        int target = downward ? layer - 1 : layer + 1;
        if (target < 0
            || target >= levels.length
            || levels[target][other] != levels[layer][node] + 1) {
          continue;
        }
        double left = downward ? down[target][node][other] : up[layer][other][node];
        if (left <= SPENT) {
          continue;
        }
        double pushed = from(target, other, Math.min(limit, left));
        if (pushed > 0) {
          if (downward) {
            down[target][node][other] -= pushed;
            up[target][node][other] += pushed;
          } else {
            up[layer][other][node] -= pushed;
            down[layer][other][node] += pushed;
          }
          return pushed;
        }
      }
      return 0;
    }
  }
}
