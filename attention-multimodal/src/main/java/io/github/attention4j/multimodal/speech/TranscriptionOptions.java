package io.github.attention4j.multimodal.speech;

import java.util.List;
import java.util.Optional;

/// How sound becomes text. The defaults are those of openai/whisper's command line.
///
/// @param language a code such as `en`; empty to be detected in the first window
/// @param translate into English instead of writing what is said
/// @param beam sequences side by side at temperature 0, up to 100; 1 is greedy
/// @param patience see [BeamSearch]
/// @param lengthPenalty see [BeamSearch]; NaN for the mean per token
/// @param bestOf sequences drawn at other temperatures, up to 100
/// @param temperatures tried in order until a window comes out well
/// @param compressionRatioLimit above it, a text repeats itself and the next temperature is tried
/// @param logProbabilityLimit below it per token, the next temperature is tried
/// @param noSpeechLimit above it, a window that is also below `logProbabilityLimit` is silence
/// @param previousText whether a window reads what was written before it
/// @param initialPrompt text the first window reads, such as names to be spelled right; may be
///   empty
/// @param latestStart seconds the first timestamp of a window is at most
/// @param words whether words get times
public record TranscriptionOptions(
    Optional<String> language,
    boolean translate,
    int beam,
    double patience,
    double lengthPenalty,
    int bestOf,
    List<Double> temperatures,
    double compressionRatioLimit,
    double logProbabilityLimit,
    double noSpeechLimit,
    boolean previousText,
    String initialPrompt,
    double latestStart,
    boolean words) {
  /// Each has keys and values of its own; openai/whisper uses 5.
  private static final int MOST_SEQUENCES = 100;

  public TranscriptionOptions {
    temperatures = List.copyOf(temperatures);
    if (temperatures.isEmpty() || temperatures.stream().anyMatch(t -> !(t >= 0 && t <= 10))) {
      throw new IllegalArgumentException(
          "temperatures: expected at least one, each from 0 to 10, got " + temperatures);
    }
    checkSequences("beam", beam);
    checkSequences("bestOf", bestOf);
    if (!(patience > 0)) {
      throw new IllegalArgumentException("patience: expected > 0, got " + patience);
    }
  }

  private static void checkSequences(String name, int count) {
    if (count < 1 || count > MOST_SEQUENCES) {
      throw new IllegalArgumentException(
          name + ": expected 1 to " + MOST_SEQUENCES + " sequences side by side, got " + count);
    }
  }

  /// Greedy, with fallback to temperatures up to 1.
  public static TranscriptionOptions defaults() {
    return new TranscriptionOptions(
        Optional.empty(),
        false,
        1,
        1,
        Double.NaN,
        5,
        List.of(0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
        2.4,
        -1,
        0.6,
        true,
        "",
        1,
        true);
  }

  /// In this language.
  public TranscriptionOptions language(String code) {
    return new TranscriptionOptions(
        Optional.of(code),
        translate,
        beam,
        patience,
        lengthPenalty,
        bestOf,
        temperatures,
        compressionRatioLimit,
        logProbabilityLimit,
        noSpeechLimit,
        previousText,
        initialPrompt,
        latestStart,
        words);
  }

  /// With so many sequences side by side.
  public TranscriptionOptions beam(int size) {
    return new TranscriptionOptions(
        language,
        translate,
        size,
        patience,
        lengthPenalty,
        bestOf,
        temperatures,
        compressionRatioLimit,
        logProbabilityLimit,
        noSpeechLimit,
        previousText,
        initialPrompt,
        latestStart,
        words);
  }

  /// At these temperatures.
  public TranscriptionOptions temperatures(List<Double> all) {
    return new TranscriptionOptions(
        language,
        translate,
        beam,
        patience,
        lengthPenalty,
        bestOf,
        all,
        compressionRatioLimit,
        logProbabilityLimit,
        noSpeechLimit,
        previousText,
        initialPrompt,
        latestStart,
        words);
  }
}
