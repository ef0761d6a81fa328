package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Marian translation models: norms after the residual sums, sinusoidal positions (all sines, then
/// all cosines), a bias on the final scores.
///
/// Source: Junczys-Dowmunt et al. 2018 (arXiv:1804.00344); names as `MarianMTModel`.
final class Marian implements Generative {
  static final String IDS = "input_ids";
  static final String MASK = "attention_mask";
  static final String TARGET = "decoder_input_ids";
  static final String TARGET_MASK = "decoder_attention_mask";

  @Override
  public String modelType() {
    return "marian";
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
    Build build = new Build(config, weights, "marian");
    Optional<String> mask = build.source(given.contains(MASK));
    String memory = build.memory(mask);
    build.graph.output("encoder_last_hidden_state", memory);
    if (given.contains(TARGET)) {
      build.decoder.project(build.graph, build.prefix + "decoder", memory);
      build.graph.ids(TARGET, ModelGraph.BATCH, "target");
      Optional<String> targetMask =
          given.contains(TARGET_MASK)
              ? Optional.of(build.graph.ids(TARGET_MASK, ModelGraph.BATCH, "target"))
              : Optional.empty();
      build.decode(mask, build.graph.keyMask(targetMask, 0));
    }
    return build.graph.build();
  }

  @Override
  public EncoderDecoder networks(Config config, Weights weights) {
    Build encoder = new Build(config, weights, "marian.encoder");
    encoder.decoder.project(
        encoder.graph, encoder.prefix + "decoder", encoder.memory(encoder.source(true)));
    Build decoder = new Build(config, weights, "marian.decoder");
    String channels = Integer.toString(decoder.decoder.size());
    Optional<String> mask =
        decoder.graph.keyMask(Optional.of(decoder.graph.ids(MASK, ModelGraph.BATCH, "source")), 0);
    for (int layer = 0; layer < decoder.decoder.layers(); layer++) {
      for (String side :
          List.of(EncoderDecoder.crossKey(layer), EncoderDecoder.crossValue(layer))) {
        encoder.graph.output(side, side);
        decoder.graph.values(side, ModelGraph.BATCH, "source", channels);
      }
    }
    decoder.graph.ids(TARGET, ModelGraph.BATCH, "target");
    decoder.decode(mask, Optional.empty());
    return new EncoderDecoder(
        network(config, weights, Set.of(IDS, MASK, TARGET)),
        encoder.graph.build(),
        decoder.graph.build());
  }

  private static final class Build {
    final ModelGraph graph;
    final BartStack decoder;
    final String prefix;
    private final Config config;
    private final BartStack encoder;
    private final String shared;
    private final double scale;

    Build(Config config, Weights weights, String name) {
      this.config = config;
      this.graph = new ModelGraph(name, weights);
      this.prefix = weights.hasUnder("model.") ? "model." : "";
      this.encoder = BartStack.read(config, "encoder", false, MultiHead.Names.PROJ);
      this.decoder = BartStack.read(config, "decoder", false, MultiHead.Names.PROJ);
      this.shared = prefix + "shared";
      this.scale = config.flag("scale_embedding", false) ? Math.sqrt(encoder.size()) : 1;
    }

    Optional<String> source(boolean masked) {
      graph.ids(IDS, ModelGraph.BATCH, "source");
      return masked
          ? graph.keyMask(Optional.of(graph.ids(MASK, ModelGraph.BATCH, "source")), 0)
          : Optional.empty();
    }

    String memory(Optional<String> mask) {
      return encoder.encode(graph, prefix + "encoder", embed("encoder", IDS), mask);
    }

    void decode(Optional<String> sourceMask, Optional<String> targetMask) {
      String x =
          decoder.decode(
              graph, prefix + "decoder", embed("decoder", TARGET), sourceMask, targetMask);
      graph.output("decoder_last_hidden_state", x);
      Weights weights = graph.weights();
      if (!weights.has("final_logits_bias")) {
        return;
      }
      int vocabulary = vocabulary("decoder");
      weights.ignore("lm_head.weight");
      String head =
          config.flag("tie_word_embeddings", true) || !weights.has("lm_head.weight")
              ? words("decoder")
              : "lm_head";
      Tensor bias = weights.tensor("final_logits_bias", 1, vocabulary).reshape(vocabulary);
      Tensor matrix = weights.tensor(head + ".weight", vocabulary, decoder.size());
      graph.output(
          "logits", graph.layer("lm_head", new Layer.Linear(matrix, Optional.of(bias)), x));
    }

    private int vocabulary(String side) {
      int source = config.positive("vocab_size");
      return side.equals("decoder") ? config.integer("decoder_vocab_size", source) : source;
    }

    /** Each side's own table where the file has one, else the shared one. */
    private String words(String side) {
      String own = prefix + side + ".embed_tokens";
      boolean together = config.flag("share_encoder_decoder_embeddings", true);
      if (together && graph.weights().has(shared + ".weight")) {
        graph.weights().ignore(own + ".weight");
        return shared;
      }
      return own;
    }

    private String embed(String side, String ids) {
      int size = encoder.size();
      Tensor table = graph.weights().tensor(words(side) + ".weight", vocabulary(side), size);
      String x = graph.layer(side + ".embed", new Layer.Embedding(table, scale), ids);
      int longest = config.positive("max_position_embeddings");
      Tensor positions =
          graph
              .weights()
              .find(prefix + side + ".embed_positions.weight", longest, size)
              .orElseGet(() -> Sinusoids.halves(longest, size));
      return graph.layer(side + ".positions", new Layer.AddPositions(positions, 0), x);
    }
  }
}
