package io.github.attention4j.api.spi;

import java.util.List;

/// What this machine can do at most, measured when asked: the ceilings that a benchmark holds
/// kernels against. Found by `ServiceLoader` like [AttentionProvider]; optional.
///
/// Measured on an otherwise idle machine or not at all: other work lowers a ceiling, and makes the
/// shares of it look better than they are.
public interface MachinePeaks {
  /// How it is measured, for people, such as `512-bit fused multiply-add`.
  String describe();

  /// Why nothing can be measured here; empty if it can.
  List<String> unsupported();

  /// The most float32 operations per second, a fused multiply-add counting as two, with nothing
  /// read from memory. Takes about a second.
  ///
  /// @param threads at least 1
  /// @throws io.github.attention4j.api.UnsupportedRequestException with the reasons of
  ///   [#unsupported]
  double operationsPerSecond(int threads);

  /// The most bytes per second that are read in order from main memory, far beyond the caches.
  /// Takes about a second, and a quarter of a gigabyte.
  ///
  /// @param threads at least 1
  /// @throws io.github.attention4j.api.UnsupportedRequestException with the reasons of
  ///   [#unsupported]
  double readBytesPerSecond(int threads);
}
