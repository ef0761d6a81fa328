package io.github.attention4j.multimodal;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionTrace;
import java.util.List;

/// What a model made of a text, and what it looked at.
///
/// @param text what was given
/// @param prediction what the model says
/// @param ids the tokens of the prediction, without the one a sequence begins with
/// @param unknown the parts of the text that the vocabulary lacks, each once, in order
/// @param logits the scores of every token at each position, `[positions, vocabulary]`
/// @param trace the attention maps with their labels
public record Explanation(
    String text,
    String prediction,
    List<Long> ids,
    List<String> unknown,
    Tensor logits,
    AttentionTrace trace) {
  public Explanation {
    ids = List.copyOf(ids);
    unknown = List.copyOf(unknown);
  }
}
