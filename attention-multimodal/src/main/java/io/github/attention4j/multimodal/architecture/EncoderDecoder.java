package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.network.Network;

/// An encoder-decoder model in the two forms it runs in.
///
/// `encoder` gives, for each decoder layer $l$, the projected `cross.l.key` and `cross.l.value`
/// `[batch, source, channels]` once; `decoder` takes them, the new target tokens, and remembers its
/// own keys and values ([Network#hasState]). `whole` does both for given targets.
///
/// @param whole both in one run (teacher forcing)
/// @param encoder the source side, once per sequence
/// @param decoder the target side, step by step
public record EncoderDecoder(Network whole, Network encoder, Network decoder) {
  /// The keys a decoder layer attends to in the encoder's output.
  public static String crossKey(int layer) {
    return "cross." + layer + ".key";
  }

  /// The values a decoder layer attends to in the encoder's output.
  public static String crossValue(int layer) {
    return "cross." + layer + ".value";
  }
}
