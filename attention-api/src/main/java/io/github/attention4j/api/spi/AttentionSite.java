package io.github.attention4j.api.spi;

import io.github.attention4j.api.network.MapLabel;

/// A place in a foreign model where it attends.
///
/// @param name the node's name, made unique; a node without one goes by its first output
/// @param operator the node's operator with its domain unless that is ONNX's own: `Softmax`,
///   `Attention`, `com.microsoft::MultiHeadAttention` …
/// @param label which stream looks at which, and the layer's number within that kind
/// @param method how the probabilities are obtained, for people: `read: …` or `recomputed: …`
public record AttentionSite(String name, String operator, MapLabel label, String method) {}
