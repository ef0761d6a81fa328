package io.github.attention4j.multimodal;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects the maps of the first sample of a run, from one piece or from the steps of a session.
 */
final class TokenTrace {
  private final List<AttentionMap> maps = new ArrayList<>();

  static MapLabel label(Network network, String node) {
    if (network.node(node).layer() instanceof Layer.Attend attend) {
      return attend.label();
    }
    throw new IllegalArgumentException("node: expected an attention layer, got '" + node + "'");
  }

  /**
   * Adds a map.
   *
   * @param pieces `[batch, heads, queries, keys]`, one after the other along the queries; a piece
   *     with fewer keys than labels is filled with zeros
   */
  void add(
      Network network, String node, List<Tensor> pieces, List<String> queries, List<String> keys) {
    int heads = pieces.getFirst().shape().intSize(1);
    Tensor weights = Tensor.allocate(heads, queries.size(), keys.size());
    int row = 0;
    for (Tensor piece : pieces) {
      int rows = piece.shape().intSize(2);
      int columns = piece.shape().intSize(3);
      for (int h = 0; h < heads; h++) {
        for (int r = 0; r < rows; r++) {
          for (int c = 0; c < columns; c++) {
            weights.set(
                ((long) h * queries.size() + row + r) * keys.size() + c,
                piece.at(((long) h * rows + r) * columns + c));
          }
        }
      }
      row += rows;
    }
    maps.add(
        new AttentionMap(
            node, label(network, node), weights, Labels.tokens(queries), Labels.tokens(keys), ""));
  }

  List<AttentionMap> all() {
    return List.copyOf(maps);
  }
}
