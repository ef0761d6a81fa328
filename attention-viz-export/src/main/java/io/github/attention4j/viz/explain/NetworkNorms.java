package io.github.attention4j.viz.explain;

import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.trace.AttentionMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// ‖α_ij f(x_j)‖₂ of the attention layers of a network, f(x_j) = v_j W_O with the columns of W_O
/// that belong to the head (Kobayashi et al. 2020, equations 5 and 6; the bias of the output is not
/// part of f).
///
/// W_O is the linear layer that alone reads the attention. Where none does (a gate, a choice
/// between two attentions, a norm in between), there are no norms, with a reason.
public final class NetworkNorms {
  private static final String VALUES = "values of ";

  private final Network network;
  private final Map<String, Layer.Linear> projections = new LinkedHashMap<>();
  private final Map<String, String> reasons = new LinkedHashMap<>();

  /// What can be told of a network; nothing is computed yet.
  public NetworkNorms(Network network) {
    this.network = network;
    for (String node : network.attentionNodes()) {
      List<Network.Node> readers =
          network.nodes().stream().filter(each -> each.inputs().contains(node)).toList();
      if (readers.size() == 1 && readers.getFirst().layer() instanceof Layer.Linear linear) {
        projections.put(node, linear);
      } else {
        reasons.put(
            node,
            "expected one linear layer behind it, got "
                + readers.stream()
                    .map(each -> each.layer().getClass().getSimpleName() + " " + each.name())
                    .toList());
      }
    }
  }

  /// The nodes without norms, and why.
  public Map<String, String> reasons() {
    return reasons;
  }

  /// The network with the values of its attention layers among its outputs.
  public static Network showingValues(Network network) {
    Map<String, String> outputs = new LinkedHashMap<>(network.outputs());
    for (String node : network.attentionNodes()) {
      outputs.put(VALUES + node, network.node(node).inputs().get(2));
    }
    return new Network(network.name(), network.inputs(), network.nodes(), outputs);
  }

  /// Whether an array of a result is there for norms alone.
  public static boolean isValues(String name) {
    return name.startsWith(VALUES);
  }

  /// The norms of each node that has any, `[batch, heads, queries, keys]`.
  public Map<String, Tensor> of(Result result) {
    Map<String, Tensor> all = new LinkedHashMap<>();
    projections.forEach((node, projection) -> {
      Tensor weights = result.tensor(node);
      Tensor values = result.tensor(VALUES + node);
      if (network.node(node).layer() instanceof Layer.Attend attend
          && fits(node, attend, weights, values, projection)) {
        all.put(node, norms(attend, weights, values, projection.weight()));
      }
    });
    return all;
  }

  /// The norms of the first sample, labelled as the maps they belong to.
  ///
  /// @param norms by node, which is a map's name
  public static List<AttentionMap> labelled(List<AttentionMap> maps, Map<String, Tensor> norms) {
    List<AttentionMap> labelled = new ArrayList<>();
    for (AttentionMap map : maps) {
      Tensor all = norms.get(map.name());
      if (all != null) {
        Tensor sample =
            Tensor.wrap(
                all.segment().asSlice(0, map.weights().segment().byteSize()),
                map.weights().shape());
        labelled.add(
            new AttentionMap(
                map.name(), map.label(), sample, map.queries(), map.keys(), map.proof()));
      }
    }
    return labelled;
  }

  private boolean fits(
      String node, Layer.Attend attend, Tensor weights, Tensor values, Layer.Linear projection) {
    boolean fits =
        values.shape().rank() == 3
            && values.shape().size(0) == weights.shape().size(0)
            && values.shape().size(1) == weights.shape().size(3)
            && weights.shape().size(1) == attend.heads()
            && projection.weight().shape().size(1) * attend.keyHeads()
                == values.shape().size(2) * attend.heads();
    if (!fits) {
      reasons.put(
          node, "its map " + weights.describe() + " is not over its values " + values.describe());
    }
    return fits;
  }

  private static Tensor norms(
      Layer.Attend attend, Tensor weights, Tensor values, Tensor projection) {
    int heads = attend.heads();
    int shared = heads / attend.keyHeads();
    int batch = weights.shape().intSize(0);
    int queries = weights.shape().intSize(2);
    int keys = weights.shape().intSize(3);
    int width = values.shape().intSize(2);
    int size = width / attend.keyHeads();
    int model = projection.shape().intSize(0);
    float[] matrix = projection.toArray();
    Tensor norms = Tensor.allocate(batch, heads, queries, keys);
    double[] lengths = new double[keys];
    for (int b = 0; b < batch; b++) {
      for (int head = 0; head < heads; head++) {
        for (int key = 0; key < keys; key++) {
          long from = ((long) b * keys + key) * width + (long) head / shared * size;
          lengths[key] = length(values, from, size, matrix, head * size, heads * size, model);
        }
        long row = ((long) b * heads + head) * queries * keys;
        for (long at = row; at < row + (long) queries * keys; at++) {
          float weight = weights.at(at);
          norms.set(
              at,
              weight == 0 ? 0 : (float) (Math.abs(weight) * lengths[(int) ((at - row) % keys)]));
        }
      }
    }
    return norms;
  }

  /** ‖v W_O‖ for one value of one head; rows of the matrix are outputs. */
  private static double length(
      Tensor values, long from, int size, float[] matrix, int column, int columns, int model) {
    double squares = 0;
    for (int out = 0; out < model; out++) {
      double sum = 0;
      for (int d = 0; d < size; d++) {
        sum += (double) values.at(from + d) * matrix[out * columns + column + d];
      }
      squares += sum * sum;
    }
    return Math.sqrt(squares);
  }
}
