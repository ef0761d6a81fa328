package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Whisper: two convolutions over the spectrogram, norms before the sublayers, keys without bias,
/// scores by the decoder's own word vectors.
///
/// Source: Radford et al. 2022 (arXiv:2212.04356), section 2.2; names as
/// `WhisperForConditionalGeneration`. Shorter spectrograms than the published 30 seconds are
/// allowed here.
final class Whisper implements Generative {
  static final String FEATURES = "input_features";
  static final String TARGET = "decoder_input_ids";

  @Override
  public String modelType() {
    return "whisper";
  }

  @Override
  public List<Input> inputs(Config config) {
    return List.of(
        new Input(FEATURES, true, "float32 [batch, mels, frames]: log-mel spectrogram"),
        new Input(TARGET, false, "int64 [batch, target]: tokens from the start token on"));
  }

  @Override
  public Network network(Config config, Weights weights, Set<String> given) {
    Build build = new Build(config, weights, "whisper");
    String memory = build.memory();
    build.graph.output("encoder_last_hidden_state", memory);
    if (given.contains(TARGET)) {
      build.decoder.project(build.graph, build.prefix + "decoder", memory);
      build.decode();
    }
    return build.graph.build();
  }

  @Override
  public EncoderDecoder networks(Config config, Weights weights) {
    Build encoder = new Build(config, weights, "whisper.encoder");
    Build decoder = new Build(config, weights, "whisper.decoder");
    encoder.decoder.project(encoder.graph, encoder.prefix + "decoder", encoder.memory());
    String channels = Integer.toString(decoder.decoder.size());
    for (int layer = 0; layer < decoder.decoder.layers(); layer++) {
      for (String side :
          List.of(EncoderDecoder.crossKey(layer), EncoderDecoder.crossValue(layer))) {
        encoder.graph.output(side, side);
        decoder.graph.values(side, ModelGraph.BATCH, "source", channels);
      }
    }
    decoder.decode();
    return new EncoderDecoder(
        network(config, weights, Set.of(FEATURES, TARGET)),
        encoder.graph.build(),
        decoder.graph.build());
  }

  private static final class Build {
    private static final int TAPS = 3;

    final ModelGraph graph;
    final BartStack decoder;
    final String prefix;
    private final Config config;
    private final BartStack encoder;

    Build(Config config, Weights weights, String name) {
      this.config = config;
      this.graph = new ModelGraph(name, weights);
      this.prefix = weights.hasUnder("model.") ? "model." : "";
      MultiHead.Names names =
          new MultiHead.Names("q_proj", "k_proj", "v_proj", "out_proj", true, false, true);
      this.encoder = BartStack.read(config, "encoder", true, names);
      this.decoder = BartStack.read(config, "decoder", true, names);
    }

    String memory() {
      int mels = config.positive("num_mel_bins");
      graph.values(FEATURES, ModelGraph.BATCH, Integer.toString(mels), "frames");
      String x = graph.layer("frames_first", new Layer.Transpose(), FEATURES);
      int size = encoder.size();
      x = convolution("conv1", x, mels, 1);
      x = convolution("conv2", x, size, 2);
      x = positions("encoder", config.positive("max_source_positions"), x);
      x = encoder.encode(graph, prefix + "encoder", x, Optional.empty());
      x = graph.layerNorm(prefix + "encoder.layer_norm", x, size, BartStack.EPSILON);
      graph.output("encoder_hidden_states." + encoder.layers(), x);
      return x;
    }

    private String convolution(String name, String from, int in, int stride) {
      String parameter = prefix + "encoder." + name;
      Weights weights = graph.weights();
      String x =
          graph.layer(
              parameter,
              new Layer.Convolution1d(
                  weights.tensor(parameter + ".weight", encoder.size(), in, TAPS),
                  Optional.of(weights.tensor(parameter + ".bias", encoder.size())),
                  stride,
                  1),
              from);
      return graph.activate(parameter + ".gelu", Activation.GELU, x);
    }

    private String positions(String side, int longest, String from) {
      String parameter = prefix + side + ".embed_positions";
      return graph.layer(
          parameter,
          new Layer.AddPositions(
              graph.weights().tensor(parameter + ".weight", longest, encoder.size()), 0),
          from);
    }

    void decode() {
      graph.ids(TARGET, ModelGraph.BATCH, "target");
      int size = decoder.size();
      int vocabulary = config.positive("vocab_size");
      String words = prefix + "decoder.embed_tokens";
      String x = graph.embedding(words, TARGET, vocabulary, size, 1);
      x = positions("decoder", config.positive("max_target_positions"), x);
      x = decoder.decode(graph, prefix + "decoder", x, Optional.empty(), Optional.empty());
      x = graph.layerNorm(prefix + "decoder.layer_norm", x, size, BartStack.EPSILON);
      graph.output("decoder_hidden_states." + decoder.layers(), x);
      graph.output("decoder_last_hidden_state", x);
      boolean tied =
          config.flag("tie_word_embeddings", true) || !graph.weights().has("proj_out.weight");
      graph.weights().ignore("proj_out.weight");
      graph.output(
          "logits",
          graph.linear("proj_out", tied ? words : "proj_out", x, size, vocabulary, false));
    }
  }
}
