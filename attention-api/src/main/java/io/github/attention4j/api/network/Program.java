package io.github.attention4j.api.network;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Result;

/// A compiled [Network]. May be run by several threads at once; closing twice does nothing; running
/// after closing is an [IllegalStateException].
public interface Program extends AutoCloseable {
  /// What was compiled.
  Network network();

  /// Who runs it and where, such as `cpu (AVX-512, 2 threads)`.
  String device();

  /// Runs the whole network once. The result holds the network's outputs, and the attention maps
  /// asked for at compile time as float32 `[batch, heads, queries, keys]` under the names of their
  /// nodes.
  ///
  /// @throws IllegalArgumentException if an input is missing or has a wrong type or shape
  Result run(Inputs inputs);

  /// Starts an incremental run: [Layer.Append], [Layer.ShortConvolution] and [Layer.Hyena] layers
  /// remember what they were given, positions go on.
  ///
  /// @throws io.github.attention4j.api.UnsupportedRequestException if a layer depends on earlier
  ///   positions and the provider cannot remember them; names the node
  Session begin();

  @Override
  void close();

  /// An incremental run, such as the decoding of one batch of sequences. For one thread at a time.
  interface Session extends AutoCloseable {
    /// Runs the network on the next positions; results as [Program#run], for these positions only.
    Result step(Inputs inputs);

    /// How many positions were consumed so far.
    long past();

    /// Continues entry $i$ of the batch from what entry `sources[i]` has remembered (beam search);
    /// may change the batch size.
    void reorder(int... sources);

    @Override
    void close();
  }
}
