package io.github.attention4j.api.network;

/// Functions applied element by element.
public enum Activation {
  /// $\max(x, 0)$.
  RELU,
  /// $x \Phi(x)$ with the exact error function (Hendrycks & Gimpel 2016).
  GELU,
  /// The tanh approximation of GELU, as GPT-2.
  GELU_TANH,
  /// $x \sigma(1.702 x)$, as CLIP.
  QUICK_GELU,
  /// $x \sigma(x)$, also called swish.
  SILU,
  /// Hyperbolic tangent.
  TANH,
  /// $1 / (1 + e^{-x})$.
  SIGMOID
}
