package io.github.attention4j.multimodal.speech;

import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.checkpoint.Config;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// The heads of the cross-attention that follow what is being said: `alignment_heads` of
/// `generation_config.json`, or where it has none all heads of the last half of the layers.
///
/// @param heads in order
record AlignmentHeads(List<Head> heads) {
  AlignmentHeads {
    heads = List.copyOf(heads);
  }

  /** A head of a layer, both from 0. */
  record Head(int layer, int head) {}

  static AlignmentHeads read(Config config, Config generation) {
    int layers = config.positive("decoder_layers");
    int perLayer = config.positive("decoder_attention_heads");
    List<Head> heads = new ArrayList<>();
    for (List<Integer> pair : generation.tuples("alignment_heads")) {
      if (pair.size() != 2 || pair.get(0) >= layers || pair.get(1) >= perLayer) {
        throw new IllegalArgumentException(
            "generation_config.json: alignment_heads: expected pairs of a layer below "
                + layers
                + " and a head below "
                + perLayer
                + ", got "
                + pair);
      }
      heads.add(new Head(pair.get(0), pair.get(1)));
    }
    if (heads.isEmpty()) {
      for (int layer = layers / 2; layer < layers; layer++) {
        for (int head = 0; head < perLayer; head++) {
          heads.add(new Head(layer, head));
        }
      }
    }
    return new AlignmentHeads(heads);
  }

  /// The name of a layer's map.
  static String node(int layer) {
    return "cross_attentions." + layer;
  }

  /// The nodes whose maps are needed.
  Set<String> nodes() {
    Set<String> nodes = new LinkedHashSet<>();
    heads.stream().map(Head::layer).sorted().forEach(layer -> nodes.add(node(layer)));
    return nodes;
  }

  /// Their weights on the first frames, as if there were no others: `[heads, tokens, frames]`.
  ///
  /// @param result with the maps `[1, heads, tokens, positions]`
  Tensor weights(Result result, int frames) {
    int tokens = result.tensor(node(heads.getFirst().layer())).shape().intSize(2);
    Tensor all = Tensor.allocate(heads.size(), tokens, frames);
    long to = 0;
    for (Head head : heads) {
      Tensor map = result.tensor(node(head.layer()));
      int positions = map.shape().intSize(3);
      for (int token = 0; token < tokens; token++) {
        long from = ((long) head.head() * tokens + token) * positions;
        double sum = 0;
        for (int f = 0; f < frames; f++) {
          sum += map.at(from + f);
        }
        for (int f = 0; f < frames; f++) {
          all.set(to++, sum == 0 ? 0 : (float) (map.at(from + f) / sum));
        }
      }
    }
    return all;
  }
}
