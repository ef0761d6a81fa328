package io.github.attention4j.multimodal;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Port;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.multimodal.architecture.Architecture;
import io.github.attention4j.multimodal.architecture.Architectures;
import io.github.attention4j.multimodal.architecture.EncoderDecoder;
import io.github.attention4j.multimodal.architecture.Generative;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.checkpoint.Config;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Writes tokens with an encoder-decoder checkpoint (Marian, Whisper), greedily and with a
/// key/value cache. Safe for use by several threads.
///
/// Start, end and suppressed tokens come from `generation_config.json`, or where it says nothing
/// from `config.json`.
public final class TokenGenerator implements AutoCloseable {
  private static final String TARGET = "decoder_input_ids";
  private static final String MASK = "attention_mask";
  private static final String IDS = "input_ids";
  private static final String LOGITS = "logits";

  private final EncoderDecoder networks;
  private final Rules rules;
  private final Program encoder;
  private final Program decoder;

  private TokenGenerator(EncoderDecoder networks, Rules rules, Execution execution) {
    this.networks = networks;
    this.rules = rules;
    this.encoder = execution.compile(networks.encoder(), Set.of());
    try {
      this.decoder =
          execution.compile(
              networks.decoder(), new LinkedHashSet<>(networks.decoder().attentionNodes()));
    } catch (RuntimeException failed) {
      encoder.close();
      throw failed;
    }
  }

  /** Which tokens begin and end a sequence, and which are never written. */
  private record Rules(int start, List<Integer> ends, Set<Integer> never, Set<Integer> notFirst) {
    static Rules read(Config config, Config generation) {
      Set<Integer> never = new LinkedHashSet<>(list(config, generation, "suppress_tokens"));
      Config words = generation.has("bad_words_ids") ? generation : config;
      for (List<Integer> word : words.tuples("bad_words_ids")) {
        if (word.size() == 1) {
          never.addAll(word);
        }
      }
      Config start = generation.has("decoder_start_token_id") ? generation : config;
      return new Rules(
          start.integer("decoder_start_token_id"),
          list(config, generation, "eos_token_id"),
          never,
          Set.copyOf(list(config, generation, "begin_suppress_tokens")));
    }

    private static List<Integer> list(Config config, Config generation, String field) {
      Config source = generation.has(field) ? generation : config;
      if (!source.has(field) || source.isArray(field)) {
        return source.integers(field);
      }
      return List.of(source.integer(field));
    }

    boolean allows(int token, boolean first) {
      return !never.contains(token) && !(first && notFirst.contains(token));
    }
  }

  /// Loads a checkpoint.
  ///
  /// @throws IllegalArgumentException if its architecture is no encoder-decoder that generates
  public static TokenGenerator load(Checkpoint checkpoint, Execution execution) throws IOException {
    Config config = checkpoint.config();
    Architecture architecture = Architectures.of(config);
    if (!(architecture instanceof Generative generative)) {
      throw config.refuse("model_type", "an encoder-decoder, marian or whisper");
    }
    Config generation = checkpoint.findJson("generation_config.json").orElse(Config.empty());
    return new TokenGenerator(
        generative.networks(config, checkpoint.weights()),
        Rules.read(config, generation),
        execution);
  }

  /// What one sequence became.
  ///
  /// @param ids from the start token to the end token, or as many as were allowed
  /// @param steps what the decoder gave at each of them but the last: `logits` `[1, 1, vocabulary]`
  ///   and the attention maps
  public record Generated(List<Integer> ids, List<Result> steps) {
    public Generated {
      ids = List.copyOf(ids);
      steps = List.copyOf(steps);
    }
  }

  /// Writes the most likely token again and again, until an end token.
  ///
  /// @param inputs of the encoder, one sample; an absent `attention_mask` means all is there
  /// @param most how many tokens are written at most, beside the prompt
  /// @param prompt tokens after the start token that are given, such as language and task
  public Generated greedy(Inputs inputs, int most, int... prompt) {
    Inputs given = complete(inputs);
    Result encoded = encoder.run(only(given, networks.encoder()));
    Inputs fixed = given;
    for (String output : networks.encoder().outputs().keySet()) {
      fixed = fixed.with(output, encoded.get(output));
    }
    List<Integer> ids = new ArrayList<>();
    ids.add(rules.start());
    for (int token : prompt) {
      ids.add(token);
    }
    int begin = ids.size();
    List<Result> steps = new ArrayList<>();
    try (Program.Session session = decoder.begin()) {
      for (int at = 0; at < ids.size() && ids.size() - begin < most; at++) {
        LongTensor token = LongTensor.of(new long[] {ids.get(at)}, 1, 1);
        Result step = session.step(only(fixed.with(TARGET, token), networks.decoder()));
        steps.add(step);
        if (at == ids.size() - 1) {
          int next = best(step.tensor(LOGITS), ids.size() == begin);
          ids.add(next);
          if (rules.ends().contains(next)) {
            break;
          }
        }
      }
    }
    return new Generated(ids, steps);
  }

  private static Inputs complete(Inputs inputs) {
    if (inputs.has(MASK) || !inputs.has(IDS)) {
      return inputs;
    }
    LongTensor ones = LongTensor.allocate(inputs.longs(IDS).shape());
    for (long i = 0; i < ones.shape().elements(); i++) {
      ones.set(i, 1);
    }
    return inputs.with(MASK, ones);
  }

  private static Inputs only(Inputs all, Network network) {
    Inputs some = Inputs.none();
    for (Port port : network.inputs()) {
      NdArray array = all.get(port.name());
      some = some.with(port.name(), array);
    }
    return some;
  }

  private int best(Tensor logits, boolean first) {
    int vocabulary = logits.shape().intSize(2);
    int best = -1;
    for (int token = 0; token < vocabulary; token++) {
      if (rules.allows(token, first) && (best < 0 || logits.at(token) > logits.at(best))) {
        best = token;
      }
    }
    if (best < 0) {
      throw new IllegalArgumentException("suppress_tokens: expected some token to be allowed");
    }
    return best;
  }

  @Override
  public void close() {
    encoder.close();
    decoder.close();
  }
}
