package io.github.attention4j.multimodal.speech;

/// A way to find what comes after a prompt.
public interface Search {
  /// Continues the only sequence of a model.
  ///
  /// @param model has read the prompt
  /// @param first the logits after it
  Hypothesis continued(SequenceModel model, float[] first, Continuation continuation);
}
