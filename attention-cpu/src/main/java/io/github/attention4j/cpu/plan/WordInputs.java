package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.WordMemory;
import io.github.attention4j.api.Shape;

/// The inputs of one run of a [WordMemory], checked.
///
/// @param story `[batch, sentences, words]`
/// @param question `[batch, words]`
/// @param size of a memory
/// @param vocabulary how many words there are
public record WordInputs(LongTensor story, LongTensor question, int size, int vocabulary) {

  /// Checks the inputs of a run against the description's own arrays.
  ///
  /// @throws IllegalArgumentException if one is missing or does not fit, or a word is not in the
  ///   vocabulary
  public static WordInputs of(WordMemory mechanism, Inputs inputs) {
    Shape tables = mechanism.embeddings().shape();
    LongTensor story = inputs.longs("story");
    LongTensor question = inputs.longs("question");
    Expect.rank("story", story, "[batch, sentences, words]", 3);
    Expect.shape("question", question, "[batch, words]", story.shape().size(0), Expect.ANY);
    checkWords("story", story, tables.size(1));
    checkWords("question", question, tables.size(1));
    mechanism
        .temporal()
        .ifPresent(temporal -> {
          Expect.shape(
              "temporal",
              temporal,
              "[tables, sentences, size]",
              tables.size(0),
              Expect.ANY,
              tables.size(2));
          Expect.atMost("story", "sentences", temporal.shape().size(1), story.shape().size(1));
        });
    mechanism
        .transition()
        .ifPresent(matrix ->
            Expect.shape("transition", matrix, "[size, size]", tables.size(2), tables.size(2)));
    return new WordInputs(story, question, tables.intSize(2), tables.intSize(1));
  }

  private static void checkWords(String name, LongTensor words, long vocabulary) {
    for (long i = 0; i < words.shape().elements(); i++) {
      long word = words.at(i);
      if (word < 0 || word >= vocabulary) {
        throw new IllegalArgumentException(
            name + ": expected words from 0 to " + (vocabulary - 1) + ", got " + word);
      }
    }
  }

  /// Entries of the batch.
  public int batch() {
    return story.shape().intSize(0);
  }

  /// Sentences of a story.
  public int sentences() {
    return story.shape().intSize(1);
  }

  /// The words of a sentence, padding included.
  public long[] sentence(int b, int sentence) {
    return words(story, (long) b * sentences() + sentence);
  }

  /// The words of a question, padding included.
  public long[] question(int b) {
    return words(question, b);
  }

  private static long[] words(LongTensor from, long row) {
    int count = from.shape().intSize(-1);
    long[] words = new long[count];
    for (int j = 0; j < count; j++) {
      words[j] = from.at(row * count + j);
    }
    return words;
  }
}
