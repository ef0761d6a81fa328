package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// ViLBERT: a stream of text, a stream of image regions, and between some of their layers
/// connection layers in which each stream's queries look at the other's keys and values.
///
/// Before connection $c$ the text stream runs its layers up to `t_biattention_id[c]`, the region
/// stream up to `v_biattention_id[c]`, both exclusive; what remains runs after the last one.
///
/// Source: Lu et al. 2019 (arXiv:1908.02265), section 2; parameters as `BertModel`,
/// `BertForMultiModalPreTraining` and `VILBertForVLTasks` of the authors name them. Their
/// `biOutput.q_dense1` and `q_dense2` are never read by the published forward pass, nor here.
final class Vilbert implements Architecture {
  static final String TYPE = "vilbert";
  static final String IDS = "input_ids";
  static final String FEATURES = "image_feat";
  static final String BOXES = "image_loc";
  static final String MASK = "attention_mask";
  static final String TYPES = "token_type_ids";
  static final String REGION_MASK = "image_attention_mask";

  /// A field only these configurations have; they were published without `model_type`.
  static final String MARK = "v_biattention_id";

  /** As published, whatever the configuration says. */
  private static final double EPSILON = 1e-12;

  @Override
  public String modelType() {
    return TYPE;
  }

  @Override
  public List<Input> inputs(Config config) {
    return List.of(
        new Input(IDS, true, "int64 [batch, length]: tokens"),
        new Input(FEATURES, true, "float32 [batch, regions, features]: what a detector saw"),
        new Input(BOXES, true, "float32 [batch, regions, 5]: x1, y1, x2, y2, area in 0..1"),
        new Input(MASK, false, "int64 [batch, length]: 1 for tokens, 0 for padding"),
        new Input(TYPES, false, "int64 [batch, length]: sentences, all 0 if absent"),
        new Input(REGION_MASK, false, "int64 [batch, regions]: 1 for regions, 0 for padding"));
  }

  @Override
  public Network network(Config config, Weights weights, Set<String> given) {
    for (String field :
        List.of("dynamic_attention", "task_specific_tokens", "in_batch_pairs", "fast_mode")) {
      if (config.flag(field, false)) {
        throw config.refuse(field, "false");
      }
    }
    if (!config.text("model", "bert").equals("bert")) {
      throw config.refuse("model", "'bert'");
    }
    return new Build(config, weights, given).network();
  }

  private static final class Build {
    private final Config config;
    private final ModelGraph graph;
    private final String prefix;
    private final BertBlocks words;
    private final BertBlocks regions;
    private final int bridge;
    private final int bridgeHeads;
    private final Optional<String> textMask;
    private final Optional<String> regionMask;
    private final Optional<String> types;
    private String text = "";
    private String vision = "";

    Build(Config config, Weights weights, Set<String> given) {
      this.config = config;
      this.graph = new ModelGraph(TYPE, weights);
      this.prefix = weights.hasUnder("bert.") ? "bert." : "";
      this.words =
          new BertBlocks(
              config.positive("hidden_size"),
              heads(config, "num_attention_heads", config.positive("hidden_size"), 12),
              config.positive("intermediate_size"),
              Activations.read(config, "hidden_act", "gelu"),
              EPSILON);
      int size = config.integer("v_hidden_size", 768);
      this.regions =
          new BertBlocks(
              size,
              heads(config, "v_num_attention_heads", size, 12),
              config.integer("v_intermediate_size", 3072),
              Activations.read(config, "v_hidden_act", "gelu"),
              EPSILON);
      this.bridge = config.integer("bi_hidden_size", 1024);
      this.bridgeHeads = heads(config, "bi_num_attention_heads", bridge, 16);
      graph.ids(IDS, ModelGraph.BATCH, "length");
      graph.values(
          FEATURES,
          ModelGraph.BATCH,
          "regions",
          Integer.toString(config.integer("v_feature_size", 2048)));
      graph.values(BOXES, ModelGraph.BATCH, "regions", Long.toString(geometry()));
      this.textMask = graph.keyMask(graph.idsIfGiven(given, MASK, ModelGraph.BATCH, "length"), 0);
      this.regionMask =
          graph.keyMask(graph.idsIfGiven(given, REGION_MASK, ModelGraph.BATCH, "regions"), 0);
      this.types = graph.idsIfGiven(given, TYPES, ModelGraph.BATCH, "length");
    }

    private static int heads(Config config, String field, int size, int otherwise) {
      int heads = config.integer(field, otherwise);
      if (heads < 1 || size % heads != 0) {
        throw config.refuse(field, "a divisor of the size " + size);
      }
      return heads;
    }

    private long geometry() {
      String parameter = prefix + "v_embeddings.image_location_embeddings.weight";
      return graph.weights().has(parameter) ? graph.weights().shape(parameter).size(1) : 5;
    }

    Network network() {
      List<Integer> textAt = connections("t_biattention_id", "num_hidden_layers", List.of(10, 11));
      List<Integer> visionAt = connections(MARK, "v_num_hidden_layers", List.of(0, 1));
      if (textAt.size() != visionAt.size()) {
        throw config.refuse("t_biattention_id", visionAt.size() + " layers, as " + MARK);
      }
      text =
          words.embeddings(graph, config, prefix + "embeddings", IDS, types, Optional.empty(), 0);
      vision = regionEmbeddings();
      int textDone = 0;
      int visionDone = 0;
      for (int c = 0; c < textAt.size(); c++) {
        textLayers(textDone, textAt.get(c));
        visionLayers(visionDone, visionAt.get(c));
        textDone = textAt.get(c);
        visionDone = visionAt.get(c);
        if (config.flag("with_coattention", true)) {
          connect(c);
        } else {
          graph.weights().ignoreUnder(prefix + "encoder.c_layer." + c + ".");
        }
        graph.output("encoded_layers_t." + c, text);
        graph.output("encoded_layers_v." + c, vision);
      }
      visionLayers(visionDone, config.integer("v_num_hidden_layers", 3));
      textLayers(textDone, config.integer("num_hidden_layers", 12));
      graph.output("sequence_output_t", text);
      graph.output("sequence_output_v", vision);
      if (graph.weights().has(prefix + "t_pooler.dense.weight")) {
        new VilbertHeads(graph, config, prefix, words, regions, bridge).add(text, vision);
      }
      return graph.build();
    }

    /** Before which layers of a stream the connections are, ascending. */
    private List<Integer> connections(String field, String count, List<Integer> otherwise) {
      List<Integer> at = config.has(field) ? config.integers(field) : otherwise;
      int layers = config.integer(count, count.startsWith("v_") ? 3 : 12);
      int before = 0;
      for (int layer : at) {
        if (layer < before || layer >= layers) {
          throw config.refuse(field, "ascending numbers below " + count + " " + layers);
        }
        before = layer;
      }
      return at;
    }

    /** Features and geometry, each projected, and the norm of their sum. */
    private String regionEmbeddings() {
      String name = prefix + "v_embeddings";
      int features = config.integer("v_feature_size", 2048);
      String seen = graph.linear(name + ".image_embeddings", FEATURES, features, regions.size());
      String where =
          graph.linear(
              name + ".image_location_embeddings",
              BOXES,
              Math.toIntExact(geometry()),
              regions.size());
      return graph.layerNorm(
          name + ".LayerNorm", graph.add(name + ".sum", seen, where), regions.size(), EPSILON);
    }

    private void textLayers(int from, int to) {
      for (int layer = from; layer < to; layer++) {
        text =
            words.layer(
                graph,
                "text_attentions." + layer,
                new MapLabel(MapLabel.Kind.TEXT, layer),
                prefix + "encoder.layer." + layer,
                text,
                textMask,
                false);
      }
    }

    private void visionLayers(int from, int to) {
      for (int layer = from; layer < to; layer++) {
        vision =
            regions.layer(
                graph,
                "vision_attentions." + layer,
                new MapLabel(MapLabel.Kind.VISION, layer),
                prefix + "encoder.v_layer." + layer,
                vision,
                regionMask,
                false);
      }
    }

    /** Both streams at once; in the checkpoint 1 is the stream of regions, 2 that of text. */
    private void connect(int c) {
      String name = prefix + "encoder.c_layer." + c;
      graph.weights().ignoreUnder(name + ".biOutput.q_dense");
      String seenText =
          look(c, MapLabel.Kind.TEXT_TO_VISION, "2", text, words, "1", vision, regions, regionMask);
      String seenVision =
          look(c, MapLabel.Kind.VISION_TO_TEXT, "1", vision, regions, "2", text, words, textMask);
      text = words.feedForward(graph, name + ".t_intermediate", name + ".t_output", seenText);
      vision = regions.feedForward(graph, name + ".v_intermediate", name + ".v_output", seenVision);
    }

    private String look(
        int c,
        MapLabel.Kind kind,
        String own,
        String x,
        BertBlocks blocks,
        String other,
        String context,
        BertBlocks contextBlocks,
        Optional<String> mask) {
      String name = prefix + "encoder.c_layer." + c;
      String at = name + ".biattention.";
      String map = "cross_attentions." + kind.text() + "." + c;
      int otherSize = contextBlocks.size();
      String seen =
          graph.attend(
              map,
              new MapLabel(kind, c),
              bridgeHeads,
              bridgeHeads,
              Pairwise.of(Score.scaledDot()),
              mask,
              graph.linear(at + "query" + own, x, blocks.size(), bridge),
              graph.linear(at + "key" + other, context, otherSize, bridge),
              graph.linear(at + "value" + other, context, otherSize, bridge));
      String out = name + ".biOutput.";
      return graph.layerNorm(
          out + "LayerNorm" + own,
          graph.add(
              map + ".sum", x, graph.linear(out + "dense" + own, seen, bridge, blocks.size())),
          blocks.size(),
          EPSILON);
    }
  }

  /** $\max(W x_0 + b, 0)$ of the first position. */
  static String pooled(ModelGraph graph, String parameter, String x, int in, int out) {
    String first = graph.layer(parameter + ".first", new Layer.Position(0), x);
    return graph.activate(
        parameter + ".act", Activation.RELU, graph.linear(parameter + ".dense", first, in, out));
  }
}
