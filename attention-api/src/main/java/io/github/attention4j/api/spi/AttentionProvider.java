package io.github.attention4j.api.spi;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import java.util.List;
import java.util.Set;

/// Runs attention. Found by `ServiceLoader`: a module `provides` it, a class-path jar names it in
/// `META-INF/services`; either way with a public constructor without arguments that does no work.
///
/// Implementations are safe for use by several threads. They refuse with reasons and never fall
/// back to another provider.
public interface AttentionProvider {
  /// The name users choose it by: lower case, unique.
  String id();

  /// Higher is preferred when the user names no provider. The built-in ones have 100 (cpu), 50
  /// (onnx) and 0 (reference).
  int priority();

  /// The same provider with other settings.
  ///
  /// @throws IllegalArgumentException if it cannot honour them; names the setting
  AttentionProvider configure(Settings settings);

  /// Where it runs, for people: one line per fact, the device first.
  List<String> describe();

  /// Why it cannot run the request; empty if it can. Cheap: prepares nothing.
  List<String> unsupported(Request request);

  /// Prepares a request.
  ///
  /// @throws io.github.attention4j.api.UnsupportedRequestException with the reasons of
  ///   [#unsupported]
  Attention prepare(Request request);

  /// Why it cannot run the network; empty if it can.
  List<String> unsupported(Network network);

  /// Compiles a network.
  ///
  /// @param maps the names of the [io.github.attention4j.api.network.Layer.Attend] nodes whose
  ///   weights each run returns, under the node's name
  /// @throws io.github.attention4j.api.UnsupportedRequestException with the reasons of
  ///   [#unsupported]
  /// @throws IllegalArgumentException if a name is no such node
  Program compile(Network network, Set<String> maps);
}
