package io.github.attention4j.multimodal.speech;

import java.util.List;

/// A decoder that continues sequences side by side and remembers what it read. For one thread at a
/// time.
public interface SequenceModel extends AutoCloseable {
  /// Reads a prompt as the only sequence; whatever was read before is forgotten.
  ///
  /// @return the logits after each of its tokens
  float[][] begin(List<Integer> prompt);

  /// Reads one more token of every sequence.
  ///
  /// @return the logits after it, per sequence
  float[][] step(int... tokens);

  /// Continues sequence $i$ from what sequence `sources[i]` has read; changes how many there are.
  void reorder(int... sources);

  @Override
  void close();
}
