package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.multimodal.checkpoint.Config;
import java.util.Optional;

/// The stack both of CLIP's towers consist of: a norm before each sublayer.
///
/// @param size channels
/// @param heads of every attention
/// @param inner channels of the feed-forward layers
/// @param layers how many
/// @param activation of the feed-forward layers
/// @param epsilon of the norms
record ClipTower(
    int size, int heads, int inner, int layers, Activation activation, double epsilon) {
  static ClipTower read(Config config, int size, int heads, int inner) {
    ClipTower tower =
        new ClipTower(
            config.integer("hidden_size", size),
            config.integer("num_attention_heads", heads),
            config.integer("intermediate_size", inner),
            config.integer("num_hidden_layers", 12),
            Activations.read(config, "hidden_act", "quick_gelu"),
            config.number("layer_norm_eps", 1e-5));
    if (tower.heads < 1 || tower.size % tower.heads != 0) {
      throw config.refuse("num_attention_heads", "a divisor of hidden_size " + tower.size);
    }
    return tower;
  }

  /// All layers.
  ///
  /// @param prefix of the parameters, such as `text_model.encoder`
  /// @param maps what the maps are called, such as `text_attentions`
  String apply(
      ModelGraph graph,
      String prefix,
      String maps,
      MapLabel.Kind kind,
      String states,
      String from,
      boolean causal,
      Optional<String> mask) {
    MultiHead all = MultiHead.of(heads, size, MultiHead.Names.PROJ);
    MultiHead attention = causal ? all.causal() : all;
    String x = from;
    for (int layer = 0; layer < layers; layer++) {
      graph.output(states + "." + layer, x);
      String name = prefix + ".layers." + layer;
      String map = maps + "." + layer;
      String y = graph.layerNorm(name + ".layer_norm1", x, size, epsilon);
      MapLabel label = new MapLabel(kind, layer);
      x =
          graph.add(
              map + ".sum", x, attention.apply(graph, map, label, name + ".self_attn", y, y, mask));
      y = graph.layerNorm(name + ".layer_norm2", x, size, epsilon);
      y = graph.linear(name + ".mlp.fc1", y, size, inner);
      y = graph.activate(name + ".mlp.act", activation, y);
      x = graph.add(name + ".mlp.sum", x, graph.linear(name + ".mlp.fc2", y, inner, size));
    }
    graph.output(states + "." + layers, x);
    return x;
  }
}
