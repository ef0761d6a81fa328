package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;

/// An encoder-decoder that also writes by itself, step by step.
public interface Generative extends Architecture {
  /// The networks that decode with a cache. The decoder reads `decoder_input_ids`, the cross keys
  /// and values, and the encoder's mask if the architecture has one, and gives `logits`.
  EncoderDecoder networks(Config config, Weights weights);
}
