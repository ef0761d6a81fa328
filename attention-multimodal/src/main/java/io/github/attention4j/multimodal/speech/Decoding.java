package io.github.attention4j.multimodal.speech;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.Deflater;

/// What came of decoding one window.
///
/// @param tokens text and timestamps, without prompt and end
/// @param text of the tokens
/// @param averageLogProbability per token
/// @param noSpeech the probability that nobody speaks; 0 where the vocabulary has no token for it
/// @param temperature it was decoded with
/// @param compressionRatio bytes of the text by bytes compressed: repetition makes it large
record Decoding(
    List<Integer> tokens,
    String text,
    double averageLogProbability,
    double noSpeech,
    double temperature,
    double compressionRatio) {
  Decoding {
    tokens = List.copyOf(tokens);
  }

  /** By zlib at its usual level. */
  static double compressionRatio(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (Deflater deflater = new Deflater()) {
      deflater.setInput(bytes);
      deflater.finish();
      byte[] buffer = new byte[1024];
      int size = 0;
      while (!deflater.finished()) {
        size += deflater.deflate(buffer);
      }
      return bytes.length / (double) size;
    }
  }

  /**
   * Whether another temperature may do better: it repeats itself or is unlikely, and is not
   * silence.
   */
  boolean isPoor(TranscriptionOptions options) {
    boolean unlikely = averageLogProbability < options.logProbabilityLimit();
    boolean silence = noSpeech > options.noSpeechLimit() && unlikely;
    return !silence && (compressionRatio > options.compressionRatioLimit() || unlikely);
  }

  /** Whether nobody speaks in the window. */
  boolean isSilence(TranscriptionOptions options) {
    return noSpeech > options.noSpeechLimit()
        && !(averageLogProbability > options.logProbabilityLimit());
  }
}
