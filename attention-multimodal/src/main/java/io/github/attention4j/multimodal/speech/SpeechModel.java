package io.github.attention4j.multimodal.speech;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.multimodal.Execution;
import io.github.attention4j.multimodal.architecture.Architecture;
import io.github.attention4j.multimodal.architecture.Architectures;
import io.github.attention4j.multimodal.architecture.EncoderDecoder;
import io.github.attention4j.multimodal.architecture.Generative;
import io.github.attention4j.multimodal.audio.LogMel;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.checkpoint.Config;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The networks of a speech checkpoint, compiled: the encoder once per window, the decoder step by
/// step, and the decoder over a whole text with the maps that say when its words were said.
final class SpeechModel implements AutoCloseable {
  private static final String FEATURES = "input_features";
  private static final String TYPE = "whisper";

  final Config config;
  final Config generation;
  final LogMel mel;
  final int context;
  final AlignmentHeads heads;
  private final Execution execution;
  private final Network text;
  private final Program encoder;
  private final Program decoder;
  // Capturing maps costs the steps of a decoder more than a second program costs memory.
  private @Nullable Program reader;

  private SpeechModel(
      Config config,
      Config generation,
      LogMel mel,
      AlignmentHeads heads,
      Execution execution,
      Network text,
      Program encoder,
      Program decoder) {
    this.config = config;
    this.generation = generation;
    this.mel = mel;
    this.context = config.positive("max_target_positions");
    this.heads = heads;
    this.execution = execution;
    this.text = text;
    this.encoder = encoder;
    this.decoder = decoder;
  }

  /// The settings of a checkpoint, refused if they are those of another kind of model.
  static Config config(Checkpoint checkpoint) throws IOException {
    Config config = checkpoint.config();
    if (!config.text("model_type", "").equals(TYPE)) {
      throw config.refuse("model_type", TYPE + ", a model that writes what it hears");
    }
    return config;
  }

  static SpeechModel load(Checkpoint checkpoint, Execution execution) throws IOException {
    Config config = config(checkpoint);
    Architecture architecture = Architectures.of(config);
    if (!(architecture instanceof Generative generative)) {
      throw config.refuse("model_type", TYPE);
    }
    Config generation = checkpoint.findJson("generation_config.json").orElse(Config.empty());
    LogMel mel = frontEnd(checkpoint, config);
    AlignmentHeads heads = AlignmentHeads.read(config, generation);
    EncoderDecoder networks = generative.networks(config, checkpoint.weights());
    Network text = keeping(networks.decoder(), CachedSequences.LOGITS::equals);
    Program encoder =
        execution.compile(keeping(networks.encoder(), name -> name.startsWith("cross.")), Set.of());
    try {
      return new SpeechModel(
          config,
          generation,
          mel,
          heads,
          execution,
          text,
          encoder,
          execution.compile(text, Set.of()));
    } catch (RuntimeException failed) {
      encoder.close();
      throw failed;
    }
  }

  private static LogMel frontEnd(Checkpoint checkpoint, Config config) throws IOException {
    int mels = config.positive("num_mel_bins");
    LogMel mel =
        checkpoint
            .findJson("preprocessor_config.json")
            .map(LogMel::read)
            .orElseGet(() -> LogMel.whisper(mels));
    int positions = config.positive("max_source_positions");
    int frames = mel.chunk() / mel.hop();
    if (mel.mels() != mels || frames != SegmentSplitter.STRIDE * positions) {
      throw new IllegalArgumentException(
          checkpoint.source()
              + "/preprocessor_config.json: expected "
              + mels
              + " mels and windows of "
              + SegmentSplitter.STRIDE * positions
              + " frames, as config.json has them, got "
              + mel.mels()
              + " and "
              + frames);
    }
    return mel;
  }

  /// The same network with some of its results only, so that others are not copied out.
  private static Network keeping(Network network, Predicate<String> kept) {
    Map<String, String> outputs = new LinkedHashMap<>(network.outputs());
    outputs.keySet().removeIf(name -> !kept.test(name));
    return new Network(network.name(), network.inputs(), network.nodes(), outputs);
  }

  /// Who runs it and where.
  String device() {
    return decoder.device();
  }

  /// Keys and values of a window for every layer of the decoder.
  Inputs encode(Tensor features) {
    Result result = encoder.run(Inputs.none().with(FEATURES, features));
    Inputs cross = Inputs.none();
    for (String output : encoder.network().outputs().keySet()) {
      cross = cross.with(output, result.get(output));
    }
    return cross;
  }

  /// A decoder over a window.
  SequenceModel sequences(Inputs cross) {
    return new CachedSequences(decoder, cross);
  }

  /// What the decoder gives at each of these tokens, with the maps of the alignment heads.
  Result read(Inputs cross, List<Integer> tokens) {
    long[] ids = tokens.stream().mapToLong(token -> token).toArray();
    return reader().run(cross.with(CachedSequences.TARGET, LongTensor.of(ids, 1, ids.length)));
  }

  private synchronized Program reader() {
    if (reader == null) {
      reader = execution.compile(text, heads.nodes());
    }
    return reader;
  }

  @Override
  public synchronized void close() {
    encoder.close();
    decoder.close();
    if (reader != null) {
      reader.close();
    }
  }
}
