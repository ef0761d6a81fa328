package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Scope;
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

/// GPT-2: learned positions, a norm before each sublayer, projections stored as `[in, out]`, one
/// for queries, keys and values.
///
/// Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"; names as
/// `GPT2Model` and `GPT2LMHeadModel`.
final class Gpt2 implements Architecture {
  @Override
  public String modelType() {
    return "gpt2";
  }

  @Override
  public List<Input> inputs(Config config) {
    return TokenInputs.described();
  }

  @Override
  public Network network(Config config, Weights weights, Set<String> given) {
    if (config.flag("add_cross_attention", false)) {
      throw config.refuse("add_cross_attention", "false");
    }
    return new Build(config, weights, given).network();
  }

  private static final class Build {
    private final Config config;
    private final ModelGraph graph;
    private final TokenInputs inputs;
    private final String prefix;
    private final int size;
    private final int heads;
    private final int inner;
    private final double epsilon;
    private final Activation activation;

    Build(Config config, Weights weights, Set<String> given) {
      this.config = config;
      this.graph = new ModelGraph("gpt2", weights);
      this.inputs = TokenInputs.declare(graph, given, "keys");
      this.prefix = weights.hasUnder("transformer.") ? "transformer." : "";
      this.size = config.positive("n_embd", 768);
      this.heads = config.positive("n_head", 12);
      this.inner = config.integer("n_inner", 4 * size);
      this.epsilon = config.number("layer_norm_epsilon", 1e-5);
      this.activation = Activations.read(config, "activation_function", "gelu_new");
      if (size % heads != 0) {
        throw config.refuse("n_head", "a divisor of n_embd " + size);
      }
    }

    Network network() {
      int vocabulary = config.positive("vocab_size", 50257);
      int layers = config.positive("n_layer", 12);
      String words = prefix + "wte";
      String x = positions(graph.embedding(words, TokenInputs.IDS, vocabulary, size, 1));
      for (int layer = 0; layer < layers; layer++) {
        graph.output("hidden_states." + layer, x);
        x = layer(layer, x, inputs.mask());
      }
      x = norm(prefix + "ln_f", x);
      graph.output("hidden_states." + layers, x);
      graph.output("last_hidden_state", x);
      if (config.texts("architectures").stream().noneMatch(a -> a.equals("GPT2Model"))) {
        boolean tied =
            config.flag("tie_word_embeddings", true) || !graph.weights().has("lm_head.weight");
        graph.weights().ignore("lm_head.weight");
        graph.output(
            "logits",
            graph.linear("lm_head", tied ? words : "lm_head", x, size, vocabulary, false));
      }
      return graph.build();
    }

    private String positions(String x) {
      String parameter = prefix + "wpe";
      int longest = config.positive("n_positions", 1024);
      if (inputs.positions().isPresent()) {
        String ids = inputs.positions().get();
        return graph.add(parameter + ".sum", x, graph.embedding(parameter, ids, longest, size, 1));
      }
      return graph.layer(
          parameter,
          new Layer.AddPositions(graph.weights().tensor(parameter + ".weight", longest, size), 0),
          x);
    }

    private String layer(int layer, String from, Optional<String> mask) {
      String name = prefix + "h." + layer;
      String at = name + ".attn";
      // Buffers of older files: the causal mask and its value.
      graph.weights().ignore(at + ".bias");
      graph.weights().ignore(at + ".masked_bias");
      String y = norm(name + ".ln_1", from);
      Tensor weight =
          Rows.transposed(graph.weights().tensor(at + ".c_attn.weight", size, 3L * size));
      Tensor bias = graph.weights().tensor(at + ".c_attn.bias", 3L * size);
      Layer append = new Layer.Append(size);
      String seen =
          graph.attend(
              "attentions." + layer,
              new MapLabel(MapLabel.Kind.DECODER, layer),
              heads,
              heads,
              Pairwise.of(Score.scaledDot(scale(layer)))
                  .within(Scope.causal())
                  .placed(Placement.end()),
              mask,
              part(at + ".query", weight, bias, 0, y),
              graph.layer(at + ".keys", append, part(at + ".key", weight, bias, 1, y)),
              graph.layer(at + ".values", append, part(at + ".value", weight, bias, 2, y)));
      String x = graph.add(at + ".sum", from, turned(at + ".c_proj", seen, size, size));
      y = turned(name + ".mlp.c_fc", norm(name + ".ln_2", x), size, inner);
      y = graph.activate(name + ".mlp.act", activation, y);
      return graph.add(name + ".mlp.sum", x, turned(name + ".mlp.c_proj", y, inner, size));
    }

    private double scale(int layer) {
      double scale =
          config.flag("scale_attn_weights", true) ? 1 / Math.sqrt(size / (double) heads) : 1;
      return config.flag("scale_attn_by_inverse_layer_idx", false) ? scale / (layer + 1) : scale;
    }

    private String norm(String parameter, String x) {
      return graph.layerNorm(parameter, x, size, epsilon);
    }

    private String part(String node, Tensor weight, Tensor bias, int third, String from) {
      Tensor shift = Rows.slice(bias.reshape(3, size), third, third + 1).reshape(size);
      return graph.layer(
          node,
          new Layer.Linear(
              Rows.slice(weight, third * size, (third + 1) * size), Optional.of(shift)),
          from);
    }

    private String turned(String parameter, String from, int in, int out) {
      Tensor weight = Rows.transposed(graph.weights().tensor(parameter + ".weight", in, out));
      Tensor bias = graph.weights().tensor(parameter + ".bias", out);
      return graph.layer(parameter, new Layer.Linear(weight, Optional.of(bias)), from);
    }
  }
}
