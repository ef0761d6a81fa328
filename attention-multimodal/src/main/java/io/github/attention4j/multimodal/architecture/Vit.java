package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The Vision Transformer: patches, a class token, a norm before each sublayer, a classifier on the
/// class token.
///
/// Source: Dosovitskiy et al. 2021 (arXiv:2010.11929); names as `ViTModel` and
/// `ViTForImageClassification`.
final class Vit implements Architecture {
  static final String PIXELS = "pixel_values";

  @Override
  public String modelType() {
    return "vit";
  }

  @Override
  public List<Input> inputs(Config config) {
    return List.of(
        new Input(PIXELS, true, "float32 [batch, channels, height, width]: normalised pixels"));
  }

  @Override
  public Network network(Config config, Weights weights, Set<String> given) {
    int size = config.positive("hidden_size", 768);
    int heads = config.positive("num_attention_heads", 12);
    int inner = config.positive("intermediate_size", 3072);
    int layers = config.positive("num_hidden_layers", 12);
    double epsilon = config.number("layer_norm_eps", 1e-12);
    Activation activation = Activations.read(config, "hidden_act", "gelu");
    boolean bias = config.flag("qkv_bias", true);
    String prefix = weights.hasUnder("vit.") ? "vit." : "";
    ModelGraph graph = new ModelGraph("vit", weights);
    Images images = Images.read(config, 16);
    graph.values(PIXELS, images.axes());
    weights.ignore(prefix + "embeddings.mask_token");
    String x = embeddings(graph, images, prefix + "embeddings", size);
    MultiHead attention =
        new MultiHead(
            heads,
            size,
            size,
            Pairwise.of(Score.scaledDot()),
            new MultiHead.Names(
                "attention.query",
                "attention.key",
                "attention.value",
                "output.dense",
                bias,
                bias,
                true));
    for (int layer = 0; layer < layers; layer++) {
      graph.output("hidden_states." + layer, x);
      String name = prefix + "encoder.layer." + layer;
      String map = "attentions." + layer;
      String y = graph.layerNorm(name + ".layernorm_before", x, size, epsilon);
      MapLabel label = new MapLabel(MapLabel.Kind.VISION, layer);
      x =
          graph.add(
              map + ".sum",
              x,
              attention.apply(graph, map, label, name + ".attention", y, y, Optional.empty()));
      y = graph.layerNorm(name + ".layernorm_after", x, size, epsilon);
      y = graph.linear(name + ".intermediate.dense", y, size, inner);
      y = graph.activate(name + ".intermediate.act", activation, y);
      x = graph.add(name + ".output.sum", x, graph.linear(name + ".output.dense", y, inner, size));
    }
    graph.output("hidden_states." + layers, x);
    x = graph.layerNorm(prefix + "layernorm", x, size, epsilon);
    graph.output("last_hidden_state", x);
    heads(config, graph, prefix, x, size);
    return graph.build();
  }

  private static String embeddings(ModelGraph graph, Images images, String name, int size) {
    Weights weights = graph.weights();
    String projection = name + ".patch_embeddings.projection";
    String x =
        graph.layer(
            projection,
            new Layer.Patches(
                weights.tensor(projection + ".weight", images.patches(size)),
                Optional.of(weights.tensor(projection + ".bias", size))),
            PIXELS);
    Tensor token = weights.tensor(name + ".cls_token", 1, 1, size).reshape(1, size);
    x = graph.layer(name + ".cls_token", new Layer.Prepend(token), x);
    int positions = images.count() + 1;
    Tensor table = weights.tensor(name + ".position_embeddings", 1, positions, size);
    return graph.layer(
        name + ".position_embeddings", new Layer.AddConstant(table.reshape(positions, size)), x);
  }

  private static void heads(Config config, ModelGraph graph, String prefix, String x, int size) {
    Weights weights = graph.weights();
    String first = graph.layer("first", new Layer.Position(0), x);
    if (weights.has(prefix + "pooler.dense.weight")) {
      int out = weights.shape(prefix + "pooler.dense.weight").intSize(0);
      graph.output(
          "pooler_output",
          graph.activate(
              "pooler.act",
              Activations.read(config, "pooler_act", "tanh"),
              graph.linear(prefix + "pooler.dense", first, size, out)));
    }
    if (weights.has("classifier.weight")) {
      int labels = weights.shape("classifier.weight").intSize(0);
      graph.output("logits", graph.linear("classifier", first, size, labels));
    }
  }
}
