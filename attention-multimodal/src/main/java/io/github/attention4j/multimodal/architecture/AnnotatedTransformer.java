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
import java.util.Optional;

/// The encoder-decoder of Vaswani et al. 2017 (arXiv:1706.03762) in the form of The Annotated
/// Transformer: norms before each sublayer and a final norm on both stacks, sinusoidal positions,
/// embeddings times $\sqrt{d}$.
///
/// @param size $d$, the channels
/// @param heads of every attention
/// @param inner the channels of the feed-forward layers
/// @param encoderLayers on the source side
/// @param decoderLayers on the target side
/// @param activation of the feed-forward layers
/// @param epsilon of the norms
/// @param positions the longest source or target
/// @param padding the id of padding
/// @param begin the id a target starts with
/// @param end the id sources and targets end with
/// @param unknown the id of what the vocabulary lacks
/// @param vocabulary the number of ids
public record AnnotatedTransformer(
    int size,
    int heads,
    int inner,
    int encoderLayers,
    int decoderLayers,
    Activation activation,
    double epsilon,
    int positions,
    int padding,
    int begin,
    int end,
    int unknown,
    int vocabulary) {
  /// Source tokens: int64 `[batch, source]`, right-padded.
  public static final String SOURCE = "source_ids";

  /// Target tokens: int64 `[batch, target]`.
  public static final String TARGET = "target_ids";

  /// The scores of the next token: `[batch, target, vocabulary]`.
  public static final String LOGITS = "logits";

  private static final String FORM = "encoder-decoder transformer, pre-norm, sinusoidal positions";
  private static final String SOURCE_AXIS = "source";
  private static final String TARGET_AXIS = "target";

  /// Whether a configuration describes this architecture.
  public static boolean describes(Config config) {
    return config.text("architecture", "").startsWith(FORM);
  }

  /// Reads `config.json`.
  ///
  /// @param vocabulary the number of ids
  /// @throws IllegalArgumentException if it describes another architecture
  public static AnnotatedTransformer read(Config config, int vocabulary) {
    if (!describes(config)) {
      throw config.refuse("architecture", "'" + FORM + "'");
    }
    if (!config.text("embedding_scale").equals("sqrt(model_dim)")) {
      throw config.refuse("embedding_scale", "'sqrt(model_dim)'");
    }
    int size = config.positive("model_dim");
    int heads = config.positive("heads");
    if (size % heads != 0) {
      throw config.refuse("heads", "a divisor of model_dim " + size);
    }
    return new AnnotatedTransformer(
        size,
        heads,
        config.positive("feed_forward_dim"),
        config.positive("encoder_layers"),
        config.positive("decoder_layers"),
        Activations.read(config, "activation", "relu"),
        config.number("layer_norm_eps", 1e-5),
        config.positive("max_positions"),
        config.integer("pad_id"),
        config.integer("bos_id"),
        config.integer("eos_id"),
        config.integer("unk_id"),
        vocabulary);
  }

  /// The networks with these parameters.
  ///
  /// @throws IllegalArgumentException if a tensor is missing, mis-shaped, or belongs to nothing
  public EncoderDecoder networks(String name, Weights weights) {
    Network whole = whole(new ModelGraph(name, weights));
    Network encoder = encoder(new ModelGraph(name + ".encoder", weights));
    Network decoder = decoder(new ModelGraph(name + ".decoder", weights));
    if (!weights.unused().isEmpty()) {
      throw new IllegalArgumentException(
          name + ": expected only tensors of the architecture, got also " + weights.unused());
    }
    return new EncoderDecoder(whole, encoder, decoder);
  }

  private Network whole(ModelGraph graph) {
    String source = graph.ids(SOURCE, ModelGraph.BATCH, SOURCE_AXIS);
    String target = graph.ids(TARGET, ModelGraph.BATCH, TARGET_AXIS);
    Optional<String> mask = graph.keyMask(Optional.of(source), padding);
    String memory = memory(graph, source, mask);
    for (int layer = 0; layer < decoderLayers; layer++) {
      project(graph, layer, memory);
    }
    graph.output(LOGITS, logits(graph, target, mask));
    return graph.build();
  }

  private Network encoder(ModelGraph graph) {
    String source = graph.ids(SOURCE, ModelGraph.BATCH, SOURCE_AXIS);
    String memory = memory(graph, source, graph.keyMask(Optional.of(source), padding));
    for (int layer = 0; layer < decoderLayers; layer++) {
      project(graph, layer, memory);
      graph.output(EncoderDecoder.crossKey(layer), EncoderDecoder.crossKey(layer));
      graph.output(EncoderDecoder.crossValue(layer), EncoderDecoder.crossValue(layer));
    }
    return graph.build();
  }

  private Network decoder(ModelGraph graph) {
    String source = graph.ids(SOURCE, ModelGraph.BATCH, SOURCE_AXIS);
    String target = graph.ids(TARGET, ModelGraph.BATCH, TARGET_AXIS);
    for (int layer = 0; layer < decoderLayers; layer++) {
      String channels = Integer.toString(size);
      graph.values(EncoderDecoder.crossKey(layer), ModelGraph.BATCH, SOURCE_AXIS, channels);
      graph.values(EncoderDecoder.crossValue(layer), ModelGraph.BATCH, SOURCE_AXIS, channels);
    }
    graph.output(LOGITS, logits(graph, target, graph.keyMask(Optional.of(source), padding)));
    return graph.build();
  }

  private String memory(ModelGraph graph, String source, Optional<String> mask) {
    String x = embed(graph, "src_embed", source);
    for (int layer = 0; layer < encoderLayers; layer++) {
      String name = "encoder." + layer;
      String y = graph.layerNorm(name + ".norm1", x, size, epsilon);
      String at = name + ".self_attn";
      String seen =
          graph.attend(
              "encoder_attentions." + layer,
              new MapLabel(MapLabel.Kind.ENCODER, layer),
              heads,
              heads,
              Pairwise.of(Score.scaledDot()),
              mask,
              graph.linear(at + ".q", y, size, size),
              graph.linear(at + ".k", y, size, size),
              graph.linear(at + ".v", y, size, size));
      x = graph.add(at + ".sum", x, graph.linear(at + ".o", seen, size, size));
      x = feedForward(graph, name, name + ".norm2", x);
    }
    return graph.layerNorm("encoder_norm", x, size, epsilon);
  }

  private void project(ModelGraph graph, int layer, String memory) {
    String at = "decoder." + layer + ".src_attn";
    graph.linear(EncoderDecoder.crossKey(layer), at + ".k", memory, size, size, true);
    graph.linear(EncoderDecoder.crossValue(layer), at + ".v", memory, size, size, true);
  }

  private String logits(ModelGraph graph, String target, Optional<String> sourceMask) {
    String x = embed(graph, "tgt_embed", target);
    for (int layer = 0; layer < decoderLayers; layer++) {
      String name = "decoder." + layer;
      x = selfAttention(graph, layer, name + ".self_attn", x);
      String at = name + ".src_attn";
      String y = graph.layerNorm(name + ".norm2", x, size, epsilon);
      String seen =
          graph.attend(
              "cross_attentions." + layer,
              new MapLabel(MapLabel.Kind.CROSS, layer),
              heads,
              heads,
              Pairwise.of(Score.scaledDot()),
              sourceMask,
              graph.linear(at + ".q", y, size, size),
              EncoderDecoder.crossKey(layer),
              EncoderDecoder.crossValue(layer));
      x = graph.add(at + ".sum", x, graph.linear(at + ".o", seen, size, size));
      x = feedForward(graph, name, name + ".norm3", x);
    }
    return graph.linear(
        "generator", graph.layerNorm("decoder_norm", x, size, epsilon), size, vocabulary);
  }

  private String selfAttention(ModelGraph graph, int layer, String at, String x) {
    String y = graph.layerNorm("decoder." + layer + ".norm1", x, size, epsilon);
    Layer append = new Layer.Append(size);
    String seen =
        graph.attend(
            "decoder_attentions." + layer,
            new MapLabel(MapLabel.Kind.DECODER, layer),
            heads,
            heads,
            Pairwise.of(Score.scaledDot()).within(Scope.causal()).placed(Placement.end()),
            Optional.empty(),
            graph.linear(at + ".q", y, size, size),
            graph.layer(at + ".keys", append, graph.linear(at + ".k", y, size, size)),
            graph.layer(at + ".values", append, graph.linear(at + ".v", y, size, size)));
    return graph.add(at + ".sum", x, graph.linear(at + ".o", seen, size, size));
  }

  private String embed(ModelGraph graph, String parameter, String ids) {
    String x = graph.embedding(parameter, ids, vocabulary, size, Math.sqrt(size));
    return graph.layer(
        parameter + ".positions",
        new Layer.AddPositions(Sinusoids.interleaved(positions, size), 0),
        x);
  }

  private String feedForward(ModelGraph graph, String name, String norm, String x) {
    String at = name + ".feed_forward";
    String y = graph.linear(at + ".w1", graph.layerNorm(norm, x, size, epsilon), size, inner);
    y = graph.linear(at + ".w2", graph.activate(at + ".activation", activation, y), inner, size);
    return graph.add(at + ".sum", x, y);
  }
}
