package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.Bias;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// T5: relative position buckets (one table for all layers of a stack), unscaled dot products, RMS
/// norms before the sublayers, no biases; version 1.1's gated feed-forward.
///
/// Source: Raffel et al. 2020 (arXiv:1910.10683), section 2.1; names as
/// `T5ForConditionalGeneration`.
final class T5 implements Architecture {
  static final String IDS = TokenInputs.IDS;
  static final String MASK = TokenInputs.MASK;
  static final String TARGET = "decoder_input_ids";
  static final String TARGET_MASK = "decoder_attention_mask";

  @Override
  public String modelType() {
    return "t5";
  }

  @Override
  public List<Input> inputs(Config config) {
    return List.of(
        new Input(IDS, true, "int64 [batch, source]: tokens"),
        new Input(MASK, false, "int64 [batch, source]: 1 for tokens, 0 for padding"),
        new Input(TARGET, false, "int64 [batch, target]: tokens from the start token on"),
        new Input(TARGET_MASK, false, "int64 [batch, target]: 1 for tokens, 0 for padding"));
  }

  @Override
  public Network network(Config config, Weights weights, Set<String> given) {
    return new Build(config, weights, given).network();
  }

  /** The biases of each stack, which are the same in all its layers. */
  @Override
  public Map<String, Tensor> tables(Network network, Inputs inputs) {
    Map<String, Tensor> tables = new LinkedHashMap<>();
    for (String side : List.of("encoder", "decoder")) {
      String ids = side.equals("encoder") ? IDS : TARGET;
      for (Network.Node node : network.nodes()) {
        if (node.name().equals(side + "_attentions.0")
            && node.layer() instanceof Layer.Attend attend
            && attend.mechanism() instanceof Pairwise pairwise) {
          for (Bias bias : pairwise.biases()) {
            if (bias instanceof Bias.RelativeBuckets relative) {
              int length = inputs.get(ids).shape().intSize(1);
              tables.put(side + "_position_bias", table(relative, length));
            }
          }
        }
      }
    }
    return tables;
  }

  /** {@code [1, heads, length, length]}. */
  private static Tensor table(Bias.RelativeBuckets bias, int length) {
    int heads = bias.table().shape().intSize(1);
    Tensor table = Tensor.allocate(1, heads, length, length);
    for (int head = 0; head < heads; head++) {
      for (int query = 0; query < length; query++) {
        for (int key = 0; key < length; key++) {
          table.set(
              ((long) head * length + query) * length + key,
              bias.table().get(bias.bucket(key - query), head));
        }
      }
    }
    return table;
  }

  private static final class Build {
    private final Config config;
    private final ModelGraph graph;
    private final Set<String> given;
    private final int size;
    private final int heads;
    private final int channels;
    private final int inner;
    private final double epsilon;
    private final boolean gated;
    private final Activation activation;

    Build(Config config, Weights weights, Set<String> given) {
      this.config = config;
      this.graph = new ModelGraph("t5", weights);
      this.given = given;
      this.size = config.positive("d_model", 512);
      this.heads = config.positive("num_heads", 8);
      this.channels = Math.multiplyExact(heads, config.positive("d_kv", 64));
      this.inner = config.positive("d_ff", 2048);
      this.epsilon = config.number("layer_norm_epsilon", 1e-6);
      String form = config.text("feed_forward_proj", "relu");
      this.gated = form.startsWith("gated-");
      // As published: "gated-gelu" means the tanh approximation.
      this.activation =
          form.equals("gated-gelu")
              ? Activation.GELU_TANH
              : Activations.named(config, "feed_forward_proj", form.replaceFirst("^gated-", ""));
    }

    Network network() {
      graph.ids(IDS, ModelGraph.BATCH, "source");
      Optional<String> mask = mask(MASK, "source");
      for (String side : List.of("encoder", "decoder")) {
        graph.weights().ignore(side + ".embed_tokens.weight");
      }
      String memory =
          stack("encoder", embed("encoder", IDS), config.positive("num_layers", 6), mask, mask, "");
      graph.output("encoder_last_hidden_state", memory);
      if (given.contains(TARGET)) {
        graph.ids(TARGET, ModelGraph.BATCH, "target");
        int layers = config.integer("num_decoder_layers", config.positive("num_layers", 6));
        String x =
            stack(
                "decoder",
                embed("decoder", TARGET),
                layers,
                mask(TARGET_MASK, "target"),
                mask,
                memory);
        graph.output("decoder_last_hidden_state", x);
        head(x);
      }
      return graph.build();
    }

    private Optional<String> mask(String input, String axis) {
      return graph.keyMask(graph.idsIfGiven(given, input, ModelGraph.BATCH, axis), 0);
    }

    private String embed(String side, String ids) {
      // Encoders published alone may keep the table under their own name.
      String own = side + ".embed_tokens.weight";
      String table = graph.weights().has("shared.weight") ? "shared.weight" : own;
      return graph.layer(
          side + ".words",
          new Layer.Embedding(
              graph.weights().tensor(table, config.positive("vocab_size", 32128), size), 1),
          ids);
    }

    private void head(String x) {
      int vocabulary = config.positive("vocab_size", 32128);
      boolean tied =
          config.flag("tie_word_embeddings", true) || !graph.weights().has("lm_head.weight");
      graph.weights().ignore("lm_head.weight");
      String scaled =
          config.flag("scale_decoder_outputs", tied)
              ? graph.layer("lm_head.scale", new Layer.Scale(1 / Math.sqrt(size)), x)
              : x;
      graph.output(
          "logits",
          graph.linear("lm_head", tied ? "shared" : "lm_head", scaled, size, vocabulary, false));
    }

    /** All blocks of one side; the decoder is the one with a memory to look at. */
    private String stack(
        String side,
        String from,
        int layers,
        Optional<String> ownMask,
        Optional<String> memoryMask,
        String memory) {
      boolean decoder = !memory.isEmpty();
      Bias bias = relative(side, !decoder);
      MultiHead.Names names = new MultiHead.Names("q", "k", "v", "o", false, false, false);
      MultiHead plain = new MultiHead(heads, channels, size, Pairwise.of(Score.dot()), names);
      MultiHead self =
          new MultiHead(heads, channels, size, Pairwise.of(Score.dot()).plus(bias), names);
      String x = from;
      for (int layer = 0; layer < layers; layer++) {
        graph.output(side + "_hidden_states." + layer, x);
        String name = side + ".block." + layer + ".layer.";
        String map = side + "_attentions." + layer;
        String y = norm(name + "0.layer_norm", x);
        MapLabel.Kind kind = decoder ? MapLabel.Kind.DECODER : MapLabel.Kind.ENCODER;
        MapLabel label = new MapLabel(kind, layer);
        String at = name + "0.SelfAttention";
        y =
            decoder
                ? self.causal().remembering(graph, map, label, at, y, ownMask)
                : self.apply(graph, map, label, at, y, y, ownMask);
        x = graph.add(map + ".sum", x, y);
        if (decoder) {
          map = "cross_attentions." + layer;
          y =
              plain.apply(
                  graph,
                  map,
                  new MapLabel(MapLabel.Kind.CROSS, layer),
                  name + "1.EncDecAttention",
                  norm(name + "1.layer_norm", x),
                  memory,
                  memoryMask);
          x = graph.add(map + ".sum", x, y);
        }
        x = feedForward(name + (decoder ? "2" : "1"), x);
      }
      x = norm(side + ".final_layer_norm", x);
      graph.output(side + "_hidden_states." + layers, x);
      return x;
    }

    private Bias relative(String side, boolean bidirectional) {
      int buckets = config.integer("relative_attention_num_buckets", 32);
      String table = side + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight";
      return new Bias.RelativeBuckets(
          graph.weights().tensor(table, buckets, heads),
          bidirectional,
          config.integer("relative_attention_max_distance", 128));
    }

    private String feedForward(String name, String x) {
      String at = name + ".DenseReluDense.";
      String y = norm(name + ".layer_norm", x);
      String in = project(at + (gated ? "wi_0" : "wi"), y, size, inner);
      String active = graph.activate(at + "act", activation, in);
      if (gated) {
        active =
            graph.layer(
                at + "product", new Layer.Multiply(), active, project(at + "wi_1", y, size, inner));
      }
      return graph.add(at + "sum", x, project(at + "wo", active, inner, size));
    }

    private String project(String parameter, String from, int in, int out) {
      return graph.linear(parameter, parameter, from, in, out, false);
    }

    private String norm(String parameter, String x) {
      return graph.rmsNorm(parameter, x, size, epsilon);
    }
  }
}
