package io.github.attention4j.multimodal.speech;

import io.github.attention4j.multimodal.checkpoint.Config;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/// Decodes one window: builds the prompt, puts the rules together, and tries the temperatures.
///
/// The prompt is `<|startoftranscript|>`, language and task; before it, after `<|startofprev|>`,
/// the end of what was written before, at most half of the decoder's positions. At most as many
/// tokens are written.
final class WindowDecoder {
  private final SpecialTokens special;
  private final TokenText text;
  private final int context;
  private final List<LogitRule> rules;
  private final TranscriptionOptions options;

  /// @param context positions of the decoder
  /// @param stepSeconds of a timestamp
  WindowDecoder(
      SpecialTokens special,
      TokenText text,
      Config config,
      Config generation,
      int context,
      double stepSeconds,
      TranscriptionOptions options) {
    this.special = special;
    this.text = text;
    this.context = context;
    this.options = options;
    Set<Integer> never = new LinkedHashSet<>(special.never());
    never.addAll(source(config, generation, "suppress_tokens").integers("suppress_tokens"));
    never.remove(special.end());
    Set<Integer> first =
        new LinkedHashSet<>(
            source(config, generation, "begin_suppress_tokens").integers("begin_suppress_tokens"));
    this.rules =
        List.of(
            new SuppressAtBegin(first),
            new SuppressTokens(never),
            new TimestampRules(special, (int) Math.round(options.latestStart() / stepSeconds)));
  }

  private static Config source(Config config, Config generation, String field) {
    return generation.has(field) ? generation : config;
  }

  /// The most likely language after the start token alone.
  String detect(SequenceModel model) {
    float[] logits = model.begin(List.of(special.start()))[0];
    String best = "";
    float largest = Float.NEGATIVE_INFINITY;
    for (Map.Entry<String, Integer> language : special.languages().entrySet()) {
      if (best.isEmpty() || logits[language.getValue()] > largest) {
        best = language.getKey();
        largest = logits[language.getValue()];
      }
    }
    return best;
  }

  /// Decodes, until a temperature does well or all were tried.
  ///
  /// @param task language and task, from [SpecialTokens#prompt]
  /// @param previous what was written before; may be empty
  /// @param seed of random numbers
  Decoding decode(SequenceModel model, List<Integer> task, List<Integer> previous, long seed) {
    List<Integer> prompt = new ArrayList<>();
    OptionalInt before = special.previous();
    if (!previous.isEmpty() && before.isPresent()) {
      prompt.add(before.getAsInt());
      int most = context / 2 - 1;
      prompt.addAll(previous.subList(Math.max(0, previous.size() - most), previous.size()));
    }
    int start = prompt.size();
    prompt.addAll(task);
    int most = Math.min(context / 2, context - prompt.size() + 1);
    Continuation continuation = new Continuation(rules, special.end(), Math.max(1, most));
    Decoding decoding = null;
    for (int attempt = 0; attempt < options.temperatures().size(); attempt++) {
      double temperature = options.temperatures().get(attempt);
      float[][] logits = model.begin(prompt);
      Hypothesis found =
          search(temperature, seed + attempt)
              .continued(model, logits[logits.length - 1], continuation);
      decoding = describe(found, noSpeech(logits[start]), temperature);
      if (!decoding.isPoor(options)) {
        return decoding;
      }
    }
    if (decoding == null) {
      throw new IllegalStateException("there is no temperature");
    }
    return decoding;
  }

  private Search search(double temperature, long seed) {
    if (temperature > 0) {
      return new Sampling(temperature, options.bestOf(), seed);
    }
    return options.beam() > 1
        ? new BeamSearch(options.beam(), options.patience(), options.lengthPenalty())
        : new GreedySearch();
  }

  private double noSpeech(float[] logits) {
    return special.noSpeech().isEmpty()
        ? 0
        : Math.exp(Continuation.logSoftmax(logits)[special.noSpeech().getAsInt()]);
  }

  private Decoding describe(Hypothesis found, double noSpeech, double temperature) {
    String written = text.decode(found.tokens().stream().filter(special::isText).toList()).strip();
    return new Decoding(
        found.tokens(),
        written,
        found.averageLogProbability(),
        noSpeech,
        temperature,
        Decoding.compressionRatio(written));
  }
}
