package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;
import java.util.List;
import java.util.Set;

/// Llama: RMS norm before each sublayer, rotary positions (halves), grouped heads, gated
/// feed-forward.
///
/// Source: Touvron et al. 2023 (arXiv:2302.13971), section 2.2; names as `LlamaForCausalLM` and
/// `LlamaModel`.
final class Llama implements Architecture {
  @Override
  public String modelType() {
    return "llama";
  }

  @Override
  public List<Input> inputs(Config config) {
    return TokenInputs.described();
  }

  @Override
  public Network network(Config config, Weights weights, Set<String> given) {
    return new Build(config, weights, given).network();
  }

  private static final class Build {
    private final Config config;
    private final ModelGraph graph;
    private final TokenInputs inputs;
    private final String prefix;
    private final int size;
    private final int heads;
    private final int keyHeads;
    private final int headSize;
    private final int inner;
    private final double epsilon;
    private final Activation activation;
    private final Layer.Rotate turnQueries;
    private final Layer.Rotate turnKeys;

    Build(Config config, Weights weights, Set<String> given) {
      this.config = config;
      this.graph = new ModelGraph("llama", weights);
      this.inputs = TokenInputs.declare(graph, given, "keys");
      this.prefix = weights.hasUnder("model.") ? "model." : "";
      this.size = config.positive("hidden_size", 4096);
      this.heads = config.positive("num_attention_heads", 32);
      this.keyHeads = config.integer("num_key_value_heads", heads);
      this.headSize = config.integer("head_dim", size / heads);
      this.inner = config.positive("intermediate_size", 11008);
      if (keyHeads < 1 || heads % keyHeads != 0) {
        throw config.refuse("num_key_value_heads", "a divisor of num_attention_heads " + heads);
      }
      if (headSize < 2 || headSize % 2 != 0) {
        throw config.refuse("head_dim", "an even size of at least 2, got " + headSize);
      }
      this.epsilon = config.number("rms_norm_eps", 1e-6);
      this.activation = Activations.read(config, "hidden_act", "silu");
      RotaryTables tables =
          RotaryTables.read(config, headSize, config.positive("max_position_embeddings", 2048));
      this.turnQueries = new Layer.Rotate(heads, false, tables.cos(), tables.sin());
      this.turnKeys = new Layer.Rotate(keyHeads, false, tables.cos(), tables.sin());
    }

    Network network() {
      int vocabulary = config.positive("vocab_size", 32000);
      int layers = config.positive("num_hidden_layers", 32);
      String embedding = prefix + "embed_tokens";
      String x = graph.embedding(embedding, TokenInputs.IDS, vocabulary, size, 1);
      for (int layer = 0; layer < layers; layer++) {
        graph.output("hidden_states." + layer, x);
        x = layer(layer, x);
      }
      x = graph.rmsNorm(prefix + "norm", x, size, epsilon);
      graph.output("hidden_states." + layers, x);
      graph.output("last_hidden_state", x);
      head(x, embedding, vocabulary);
      return graph.build();
    }

    private void head(String x, String embedding, int vocabulary) {
      if (graph.weights().has("lm_head.weight")) {
        graph.output("logits", graph.linear("lm_head", "lm_head", x, size, vocabulary, false));
      } else if (config.flag("tie_word_embeddings", false)) {
        graph.output("logits", graph.linear("lm_head", embedding, x, size, vocabulary, false));
      }
    }

    private String layer(int layer, String from) {
      String name = prefix + "layers." + layer;
      String at = name + ".self_attn";
      String y = graph.rmsNorm(name + ".input_layernorm", from, size, epsilon);
      boolean bias = config.flag("attention_bias", false);
      String query = project(at + ".q_proj", y, size, heads * headSize, bias);
      String key = project(at + ".k_proj", y, size, keyHeads * headSize, bias);
      String value = project(at + ".v_proj", y, size, keyHeads * headSize, bias);
      String seen =
          graph.attend(
              "attentions." + layer,
              new MapLabel(MapLabel.Kind.DECODER, layer),
              heads,
              keyHeads,
              Pairwise.of(Score.scaledDot()).within(Scope.causal()).placed(Placement.end()),
              inputs.mask(),
              rotate(at + ".query", turnQueries, query),
              remember(at + ".keys", rotate(at + ".key", turnKeys, key)),
              remember(at + ".values", value));
      String x =
          graph.add(at + ".sum", from, project(at + ".o_proj", seen, heads * headSize, size, bias));
      return feedForward(name, x);
    }

    private String feedForward(String name, String x) {
      String at = name + ".mlp";
      boolean bias = config.flag("mlp_bias", false);
      String y = graph.rmsNorm(name + ".post_attention_layernorm", x, size, epsilon);
      String gate =
          graph.activate(
              at + ".gate", activation, project(at + ".gate_proj", y, size, inner, bias));
      String up = project(at + ".up_proj", y, size, inner, bias);
      y = graph.layer(at + ".product", new Layer.Multiply(), gate, up);
      return graph.add(at + ".sum", x, project(at + ".down_proj", y, inner, size, bias));
    }

    private String project(String parameter, String from, int in, int out, boolean bias) {
      return graph.linear(parameter, parameter, from, in, out, bias);
    }

    private String rotate(String node, Layer.Rotate turn, String from) {
      return inputs.positions().isPresent()
          ? graph.layer(node, turn, from, inputs.positions().get())
          : graph.layer(node, turn, from);
    }

    private String remember(String node, String from) {
      return graph.layer(node, new Layer.Append(keyHeads * headSize), from);
    }
  }
}
