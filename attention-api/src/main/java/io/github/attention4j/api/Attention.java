package io.github.attention4j.api;

/// A prepared attention: a pure function of its inputs, usable for any shapes the mechanism's
/// parameters allow.
///
/// May be run by several threads at once. Closing frees what was prepared; closing twice does
/// nothing; running after closing is an [IllegalStateException].
public interface Attention extends AutoCloseable {
  /// What was prepared.
  Request request();

  /// Who runs it and where, such as `cpu (AVX-512, 2 threads)`.
  String device();

  /// What attended in the last run, where a provider has several ways: the name of an operator or a
  /// kernel, such as `ai.onnx Attention`. Empty where there is nothing to tell apart.
  default String kernel() {
    return "";
  }

  /// Computes the output and what the request captures, into new arrays.
  ///
  /// @throws IllegalArgumentException if an input is missing or has a wrong type or shape; names
  ///   the input, what was expected and what came
  Result run(Inputs inputs);

  /// As [#run(Inputs)], into the arrays of an earlier result of the same shapes, so that nothing
  /// needs to be allocated.
  ///
  /// @return `into`
  /// @throws IllegalArgumentException also if an array of `into` is missing or has a wrong shape
  Result run(Inputs inputs, Result into);

  @Override
  void close();
}
