package io.github.attention4j.multimodal.speech;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.audio.TokenAlignment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// Finds when the words of a window were said: the decoder reads them once more, without
/// timestamps, and [TokenAlignment] follows the alignment heads.
///
/// A word lasts from where the path reaches its first token to where it reaches the next word's.
///
/// Source: openai/whisper `timing.py`, `find_alignment`.
final class WordAligner {
  private static final int MEDIAN_WIDTH = 7;

  private final SpeechModel model;
  private final SpecialTokens special;
  private final TokenText text;
  private final double stepSeconds;

  /// @param stepSeconds of a position of the encoder
  WordAligner(SpeechModel model, SpecialTokens special, TokenText text, double stepSeconds) {
    this.model = model;
    this.special = special;
    this.text = text;
    this.stepSeconds = stepSeconds;
  }

  /** One window read with its text known. */
  final class Reading {
    private final List<Integer> prompt;
    private final List<Integer> tokens;
    private final int positions;
    private final Result result;

    private Reading(List<Integer> prompt, List<Integer> tokens, int positions, Result result) {
      this.prompt = prompt;
      this.tokens = tokens;
      this.positions = positions;
      this.result = result;
    }

    /** The words with times from the window's beginning. */
    List<WordTiming> words(WordSplitter splitter) {
      // The rows of the prompt are left out, but not of the sign that no timestamps are wanted: it
      // writes the first token. That of the end writes nothing.
      int first = prompt.size();
      TokenAlignment alignment =
          TokenAlignment.of(
              model.heads.weights(result, positions),
              MEDIAN_WIDTH,
              first,
              first + 1 + tokens.size());
      int[] starts = alignment.startFrames();
      double[] probabilities = probabilities();
      List<WordTiming> words = new ArrayList<>();
      int at = 0;
      for (WordSplitter.Word word : splitter.split(tokens)) {
        int end = at + word.tokens().size();
        double sum = IntStream.range(at, end).mapToDouble(i -> probabilities[i]).sum();
        words.add(
            new WordTiming(
                word.text(),
                word.tokens(),
                starts[at] * stepSeconds,
                starts[end] * stepSeconds,
                sum / (end - at)));
        at = end;
      }
      return words;
    }

    /** Of each token among all text tokens. */
    private double[] probabilities() {
      Tensor logits = result.tensor(CachedSequences.LOGITS);
      int vocabulary = logits.shape().intSize(2);
      double[] all = new double[tokens.size()];
      BitSet pieces = special.text();
      float[] row = new float[vocabulary];
      for (int i = 0; i < all.length; i++) {
        long from = (long) (prompt.size() + i) * vocabulary;
        for (int token = 0; token < vocabulary; token++) {
          row[token] = pieces.get(token) ? logits.at(from + token) : Float.NEGATIVE_INFINITY;
        }
        all[i] = Math.exp(Continuation.logSoftmax(row)[tokens.get(i)]);
      }
      return all;
    }

    /** The cross-attention of the layers with alignment heads: rows are the tokens written. */
    List<AttentionMap> maps(double offset) {
      List<String> written = new ArrayList<>();
      tokens.forEach(token -> written.add(text.decode(List.of(token))));
      written.add("<|endoftext|>");
      Labels queries = Labels.tokens(written);
      Labels keys = frames(offset);
      List<AttentionMap> maps = new ArrayList<>();
      for (String node : model.heads.nodes()) {
        int layer = Integer.parseInt(node.substring(node.lastIndexOf('.') + 1));
        maps.add(
            new AttentionMap(
                node,
                new MapLabel(MapLabel.Kind.CROSS, layer),
                crop(result.tensor(node), prompt.size(), written.size()),
                queries,
                keys,
                ""));
      }
      return maps;
    }

    private Labels frames(double offset) {
      List<String> texts = new ArrayList<>();
      List<List<Double>> places = new ArrayList<>();
      for (int f = 0; f < positions; f++) {
        double start = offset + f * stepSeconds;
        texts.add(String.format(Locale.ROOT, "%.2f", start));
        places.add(List.of(start, start + stepSeconds));
      }
      return new Labels(Labels.Kind.FRAME, texts, places);
    }

    private Tensor crop(Tensor map, int firstRow, int rows) {
      int heads = map.shape().intSize(1);
      int all = map.shape().intSize(2);
      int columns = map.shape().intSize(3);
      Tensor part = Tensor.allocate(heads, rows, positions);
      long to = 0;
      for (int h = 0; h < heads; h++) {
        for (int r = 0; r < rows; r++) {
          for (int f = 0; f < positions; f++) {
            part.set(to++, map.at(((long) h * all + firstRow + r) * columns + f));
          }
        }
      }
      return part;
    }
  }

  /**
   * Reads the text of a window.
   *
   * @param prompt language and task
   * @param tokens of the text, without timestamps; not empty
   * @param frames of the window that hold sound
   */
  Reading read(Inputs cross, List<Integer> prompt, List<Integer> tokens, int frames) {
    List<Integer> all = new ArrayList<>(prompt);
    all.add(special.noTimestamps());
    all.addAll(tokens);
    all.add(special.end());
    return new Reading(
        prompt,
        List.copyOf(tokens),
        Math.max(1, frames / SegmentSplitter.STRIDE),
        model.read(cross, all));
  }
}
