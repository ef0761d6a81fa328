package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// CLIP: a causal text tower read at its end token, a vision tower read at its class token, and the
/// similarities of their normalised projections. Runs either tower alone, too.
///
/// A text without its end token is read at position 0, as the published implementation does.
/// `eos_token_id` 2 is the mark of old configurations: there the largest id is the end token.
///
/// Source: Radford et al. 2021 (arXiv:2103.00020); names as `CLIPModel`.
final class Clip implements Architecture {
  static final String IDS = "input_ids";
  static final String MASK = "attention_mask";
  static final String PIXELS = "pixel_values";

  private static final int OLD_END = 2;

  @Override
  public String modelType() {
    return "clip";
  }

  @Override
  public List<Input> inputs(Config config) {
    return List.of(
        new Input(IDS, false, "int64 [texts, length]: tokens"),
        new Input(MASK, false, "int64 [texts, length]: 1 for tokens, 0 for padding"),
        new Input(PIXELS, false, "float32 [images, channels, height, width]: normalised pixels"));
  }

  @Override
  public Network network(Config config, Weights weights, Set<String> given) {
    ModelGraph graph = new ModelGraph("clip", weights);
    int projection = config.integer("projection_dim", 512);
    boolean text = given.contains(IDS);
    boolean image = given.contains(PIXELS);
    if (!text && !image) {
      throw new IllegalArgumentException(
          "inputs: expected " + IDS + " or " + PIXELS + " for clip, got " + given);
    }
    String textEmbeds = text ? text(config, graph, given, projection) : "";
    String imageEmbeds = image ? vision(config, graph, projection) : "";
    if (text && image) {
      double scale = Math.exp(weights.tensor("logit_scale").at(0));
      graph.layer("per_image", new Layer.Similarity(scale), imageEmbeds, textEmbeds);
      graph.layer("per_text", new Layer.Similarity(scale), textEmbeds, imageEmbeds);
      graph.output("logits_per_image", "per_image");
      graph.output("logits_per_text", "per_text");
    }
    return graph.build();
  }

  /** As published: the older name of a section goes before the newer. */
  static Config section(Config config, String name) {
    return config
        .findSection(name + "_dict")
        .or(() -> config.findSection(name))
        .orElseGet(Config::empty);
  }

  private static String text(Config config, ModelGraph graph, Set<String> given, int projection) {
    Config section = section(config, "text_config");
    ClipTower tower = ClipTower.read(section, 512, 8, 2048);
    String prefix = "text_model.";
    int size = tower.size();
    graph.ids(IDS, "texts", "length");
    Optional<String> mask =
        given.contains(MASK)
            ? graph.keyMask(Optional.of(graph.ids(MASK, "texts", "length")), 0)
            : Optional.empty();
    graph.weights().ignore(prefix + "embeddings.position_ids");
    String x =
        graph.embedding(
            prefix + "embeddings.token_embedding",
            IDS,
            section.integer("vocab_size", 49408),
            size,
            1);
    String positions = prefix + "embeddings.position_embedding";
    int longest = section.integer("max_position_embeddings", 77);
    x =
        graph.layer(
            positions,
            new Layer.AddPositions(graph.weights().tensor(positions + ".weight", longest, size), 0),
            x);
    x =
        tower.apply(
            graph,
            prefix + "encoder",
            "text_attentions",
            MapLabel.Kind.TEXT,
            "text_hidden_states",
            x,
            true,
            mask);
    x = graph.layerNorm(prefix + "final_layer_norm", x, size, tower.epsilon());
    graph.output("text_last_hidden_state", x);
    int end = section.integer("eos_token_id", 49407);
    String at =
        graph.layer(
            "text_end",
            new Layer.Locate(end == OLD_END ? OptionalLong.empty() : OptionalLong.of(end)),
            IDS);
    String pooled = graph.layer("text_pooled", new Layer.PositionAt(), x, at);
    graph.output("text_pooler_output", pooled);
    return embeds(graph, "text_projection", "text_embeds", pooled, size, projection);
  }

  private static String vision(Config config, ModelGraph graph, int projection) {
    Config section = section(config, "vision_config");
    ClipTower tower = ClipTower.read(section, 768, 12, 3072);
    String prefix = "vision_model.";
    int size = tower.size();
    Images images = Images.read(section, 32);
    String[] axes = images.axes();
    axes[0] = "images";
    graph.values(PIXELS, axes);
    Weights weights = graph.weights();
    weights.ignore(prefix + "embeddings.position_ids");
    String patches = prefix + "embeddings.patch_embedding";
    String x =
        graph.layer(
            patches,
            new Layer.Patches(
                weights.tensor(patches + ".weight", images.patches(size)), Optional.empty()),
            PIXELS);
    Tensor token = weights.tensor(prefix + "embeddings.class_embedding", size);
    x = graph.layer("class_embedding", new Layer.Prepend(token.reshape(1, size)), x);
    String positions = prefix + "embeddings.position_embedding";
    x =
        graph.layer(
            positions,
            new Layer.AddConstant(weights.tensor(positions + ".weight", images.count() + 1L, size)),
            x);
    x = graph.layerNorm(prefix + "pre_layrnorm", x, size, tower.epsilon());
    x =
        tower.apply(
            graph,
            prefix + "encoder",
            "vision_attentions",
            MapLabel.Kind.VISION,
            "vision_hidden_states",
            x,
            false,
            Optional.empty());
    graph.output("vision_last_hidden_state", x);
    String first = graph.layer("vision_first", new Layer.Position(0), x);
    String pooled = graph.layerNorm(prefix + "post_layernorm", first, size, tower.epsilon());
    graph.output("vision_pooler_output", pooled);
    return embeds(graph, "visual_projection", "image_embeds", pooled, size, projection);
  }

  private static String embeds(
      ModelGraph graph, String parameter, String output, String from, int size, int projection) {
    String x = graph.linear(parameter, parameter, from, size, projection, false);
    x = graph.layer(output, new Layer.Normalize(), x);
    graph.output(output, x);
    return x;
  }
}
