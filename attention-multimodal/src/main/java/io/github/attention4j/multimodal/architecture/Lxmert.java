package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// LXMERT: a text encoder, a region encoder, and cross-modality layers in which each stream's
/// queries look at the other's keys and values (with one set of parameters for both directions),
/// then at its own.
///
/// Source: Tan & Bansal 2019 (arXiv:1908.07490), section 3; names as `LxmertModel` and
/// `LxmertForPreTraining`.
final class Lxmert implements Architecture {
  static final String IDS = "input_ids";
  static final String MASK = "attention_mask";
  static final String TYPES = "token_type_ids";
  static final String FEATURES = "visual_feats";
  static final String BOXES = "visual_pos";
  static final String REGION_MASK = "visual_attention_mask";

  @Override
  public String modelType() {
    return "lxmert";
  }

  @Override
  public List<Input> inputs(Config config) {
    return List.of(
        new Input(IDS, true, "int64 [batch, length]: tokens"),
        new Input(FEATURES, true, "float32 [batch, regions, features]: what a detector saw"),
        new Input(BOXES, true, "float32 [batch, regions, 4]: x1, y1, x2, y2 in 0..1"),
        new Input(MASK, false, "int64 [batch, length]: 1 for tokens, 0 for padding"),
        new Input(TYPES, false, "int64 [batch, length]: sentences, all 0 if absent"),
        new Input(REGION_MASK, false, "int64 [batch, regions]: 1 for regions, 0 for padding"));
  }

  @Override
  public Network network(Config config, Weights weights, Set<String> given) {
    return new Build(config, weights, given).network();
  }

  /** The two streams between layers. */
  private record Streams(String text, String vision) {}

  private static final class Build {
    private final Config config;
    private final ModelGraph graph;
    private final BertBlocks blocks;
    private final String prefix;
    private final Optional<String> textMask;
    private final Optional<String> regionMask;
    private final Optional<String> types;

    Build(Config config, Weights weights, Set<String> given) {
      this.config = config;
      this.graph = new ModelGraph("lxmert", weights);
      this.blocks = BertBlocks.read(config);
      this.prefix = weights.hasUnder("lxmert.") ? "lxmert." : "";
      graph.ids(IDS, ModelGraph.BATCH, "length");
      String features = Integer.toString(config.integer("visual_feat_dim", 2048));
      graph.values(FEATURES, ModelGraph.BATCH, "regions", features);
      String box = Integer.toString(config.integer("visual_pos_dim", 4));
      graph.values(BOXES, ModelGraph.BATCH, "regions", box);
      this.textMask = graph.keyMask(graph.idsIfGiven(given, MASK, ModelGraph.BATCH, "length"), 0);
      this.regionMask =
          graph.keyMask(graph.idsIfGiven(given, REGION_MASK, ModelGraph.BATCH, "regions"), 0);
      this.types = graph.idsIfGiven(given, TYPES, ModelGraph.BATCH, "length");
    }

    Network network() {
      String text =
          blocks.embeddings(graph, config, prefix + "embeddings", IDS, types, Optional.empty(), 0);
      for (int layer = 0; layer < config.integer("l_layers", 9); layer++) {
        text =
            blocks.layer(
                graph,
                "language_attentions." + layer,
                new MapLabel(MapLabel.Kind.TEXT, layer),
                prefix + "encoder.layer." + layer,
                text,
                textMask,
                false);
        graph.output("language_hidden_states." + layer, text);
      }
      String vision = regions();
      for (int layer = 0; layer < config.integer("r_layers", 5); layer++) {
        vision =
            blocks.layer(
                graph,
                "vision_attentions." + layer,
                new MapLabel(MapLabel.Kind.VISION, layer),
                prefix + "encoder.r_layers." + layer,
                vision,
                regionMask,
                false);
        graph.output("vision_hidden_states." + layer, vision);
      }
      Streams streams = new Streams(text, vision);
      for (int layer = 0; layer < config.integer("x_layers", 5); layer++) {
        streams = cross(layer, streams);
      }
      graph.output("language_output", streams.text());
      graph.output("vision_output", streams.vision());
      heads(streams.text());
      return graph.build();
    }

    /** The mean of projected features and projected boxes, each normed. */
    private String regions() {
      String name = prefix + "encoder.visn_fc";
      String seen =
          graph.linear(
              name + ".visn_fc", FEATURES, config.integer("visual_feat_dim", 2048), blocks.size());
      String where =
          graph.linear(name + ".box_fc", BOXES, config.integer("visual_pos_dim", 4), blocks.size());
      // As published: this epsilon does not follow the configuration.
      seen = graph.layerNorm(name + ".visn_layer_norm", seen, blocks.size(), 1e-12);
      where = graph.layerNorm(name + ".box_layer_norm", where, blocks.size(), 1e-12);
      return graph.layer(
          name + ".mean", new Layer.Scale(0.5), graph.add(name + ".sum", seen, where));
    }

    private Streams cross(int layer, Streams from) {
      String name = prefix + "encoder.x_layers." + layer;
      String text =
          look(
              layer,
              "cross_attentions.language_to_vision.",
              MapLabel.Kind.TEXT_TO_VISION,
              from.text(),
              from.vision(),
              regionMask);
      String vision =
          look(
              layer,
              "cross_attentions.vision_to_language.",
              MapLabel.Kind.VISION_TO_TEXT,
              from.vision(),
              from.text(),
              textMask);
      text =
          blocks.selfAttention(
              graph,
              "cross_language_attentions." + layer,
              new MapLabel(MapLabel.Kind.CROSS_TEXT, layer),
              name + ".lang_self_att",
              text,
              textMask,
              false);
      vision =
          blocks.selfAttention(
              graph,
              "cross_vision_attentions." + layer,
              new MapLabel(MapLabel.Kind.CROSS_VISION, layer),
              name + ".visn_self_att",
              vision,
              regionMask,
              false);
      return new Streams(
          blocks.feedForward(graph, name + ".lang_inter", name + ".lang_output", text),
          blocks.feedForward(graph, name + ".visn_inter", name + ".visn_output", vision));
    }

    private String look(
        int layer,
        String maps,
        MapLabel.Kind kind,
        String x,
        String context,
        Optional<String> mask) {
      String parameter = prefix + "encoder.x_layers." + layer + ".visual_attention";
      String map = maps + layer;
      MultiHead.Names names =
          new MultiHead.Names(
              "att.query", "att.key", "att.value", "output.dense", true, true, true);
      String seen =
          MultiHead.of(blocks.heads(), blocks.size(), names)
              .apply(graph, map, new MapLabel(kind, layer), parameter, x, context, mask);
      return graph.layerNorm(
          map + ".norm",
          parameter + ".output.LayerNorm",
          graph.add(map + ".sum", x, seen),
          blocks.size(),
          blocks.epsilon());
    }

    private void heads(String text) {
      Weights weights = graph.weights();
      // The object head is used in training only: the published implementation returns nothing of
      // it.
      weights.ignoreUnder("obj_predict_head.");
      if (!weights.has(prefix + "pooler.dense.weight")) {
        return;
      }
      String pooled = blocks.pooler(graph, prefix + "pooler", text);
      graph.output("pooled_output", pooled);
      if (weights.hasUnder("cls.predictions.")) {
        String words = prefix + "embeddings.word_embeddings";
        graph.output(
            "prediction_logits", blocks.predictions(graph, config, "cls.predictions", words, text));
        graph.output(
            "cross_relationship_score",
            graph.linear("cls.seq_relationship", pooled, blocks.size(), 2));
      }
      if (weights.hasUnder("answer_head.")) {
        graph.output("question_answering_score", answers(pooled));
      }
    }

    private String answers(String pooled) {
      String name = "answer_head.logit_fc.";
      int inner = 2 * blocks.size();
      int labels = graph.weights().shape(name + "3.weight").intSize(0);
      String x = graph.linear(name + "0", pooled, blocks.size(), inner);
      x = graph.activate(name + "1", Activation.GELU, x);
      x = graph.layerNorm(name + "2", x, inner, 1e-12);
      return graph.linear(name + "3", x, inner, labels);
    }
  }
}
