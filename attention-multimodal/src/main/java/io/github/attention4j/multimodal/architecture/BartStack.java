package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.multimodal.checkpoint.Config;
import java.util.Optional;

/// The layers of BART's descendants: self-attention, in a decoder also cross-attention,
/// feed-forward; Marian puts the norms behind the residual sums, Whisper before the sublayers.
///
/// @param size channels
/// @param heads of every attention
/// @param inner channels of the feed-forward layers
/// @param layers how many
/// @param activation of the feed-forward layers
/// @param normFirst where the norms stand
/// @param names of the projections
record BartStack(
    int size,
    int heads,
    int inner,
    int layers,
    Activation activation,
    boolean normFirst,
    MultiHead.Names names) {
  /// As `nn.LayerNorm` without argument: no configuration of these families says otherwise.
  static final double EPSILON = 1e-5;

  /// Reads the fields that begin with `encoder_` or `decoder_`.
  static BartStack read(Config config, String side, boolean normFirst, MultiHead.Names names) {
    int size = config.positive("d_model");
    int heads = config.positive(side + "_attention_heads");
    if (size % heads != 0) {
      throw config.refuse(side + "_attention_heads", "a divisor of d_model " + size);
    }
    return new BartStack(
        size,
        heads,
        config.positive(side + "_ffn_dim"),
        config.positive(side + "_layers"),
        Activations.read(config, "activation_function", "gelu"),
        normFirst,
        names);
  }

  /// All layers of an encoder.
  String encode(ModelGraph graph, String prefix, String from, Optional<String> mask) {
    MultiHead attention = MultiHead.of(heads, size, names);
    String x = from;
    for (int layer = 0; layer < layers; layer++) {
      graph.output("encoder_hidden_states." + layer, x);
      String name = prefix + ".layers." + layer;
      String map = "encoder_attentions." + layer;
      MapLabel label = new MapLabel(MapLabel.Kind.ENCODER, layer);
      String norm = name + ".self_attn_layer_norm";
      String y = before(graph, norm, x);
      y = attention.apply(graph, map, label, name + ".self_attn", y, y, mask);
      x = after(graph, norm, graph.add(map + ".sum", x, y));
      x = feedForward(graph, name, x);
    }
    return x;
  }

  /// Projects the keys and values of the encoder's output for every layer of a decoder, as nodes
  /// named by [EncoderDecoder].
  void project(ModelGraph graph, String prefix, String memory) {
    MultiHead attention = MultiHead.of(heads, size, names);
    for (int layer = 0; layer < layers; layer++) {
      String parameter = prefix + ".layers." + layer + ".encoder_attn";
      attention.keys(graph, EncoderDecoder.crossKey(layer), parameter, memory);
      attention.values(graph, EncoderDecoder.crossValue(layer), parameter, memory);
    }
  }

  /// All layers of a decoder over what [#project] made.
  ///
  /// @param sourceMask of the encoder's positions
  /// @param targetMask of the decoder's own
  String decode(
      ModelGraph graph,
      String prefix,
      String from,
      Optional<String> sourceMask,
      Optional<String> targetMask) {
    MultiHead cross = MultiHead.of(heads, size, names);
    MultiHead self = cross.causal();
    String x = from;
    for (int layer = 0; layer < layers; layer++) {
      graph.output("decoder_hidden_states." + layer, x);
      String name = prefix + ".layers." + layer;
      String map = "decoder_attentions." + layer;
      String norm = name + ".self_attn_layer_norm";
      String y = before(graph, norm, x);
      MapLabel label = new MapLabel(MapLabel.Kind.DECODER, layer);
      y = self.remembering(graph, map, label, name + ".self_attn", y, targetMask);
      x = after(graph, norm, graph.add(map + ".sum", x, y));
      map = "cross_attentions." + layer;
      norm = name + ".encoder_attn_layer_norm";
      y =
          cross.over(
              graph,
              map,
              new MapLabel(MapLabel.Kind.CROSS, layer),
              name + ".encoder_attn",
              before(graph, norm, x),
              EncoderDecoder.crossKey(layer),
              EncoderDecoder.crossValue(layer),
              sourceMask);
      x = after(graph, norm, graph.add(map + ".sum", x, y));
      x = feedForward(graph, name, x);
    }
    return x;
  }

  private String feedForward(ModelGraph graph, String name, String x) {
    String norm = name + ".final_layer_norm";
    String y = graph.linear(name + ".fc1", before(graph, norm, x), size, inner);
    y = graph.linear(name + ".fc2", graph.activate(name + ".act", activation, y), inner, size);
    return after(graph, norm, graph.add(name + ".sum", x, y));
  }

  private String before(ModelGraph graph, String norm, String x) {
    return normFirst ? graph.layerNorm(norm, x, size, EPSILON) : x;
  }

  private String after(ModelGraph graph, String norm, String x) {
    return normFirst ? x : graph.layerNorm(norm, x, size, EPSILON);
  }
}
