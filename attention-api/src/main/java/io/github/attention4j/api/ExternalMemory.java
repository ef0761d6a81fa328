package io.github.attention4j.api;

/// Keys and values outside a network, which grow from one run to the next and are searched for the
/// keys nearest to a query: the memory of [Mechanism.NearestKeys].
///
/// An entry is one key and one value for every head. Entries are numbered from 0 in the order they
/// were appended; they never change and are never removed. Near means a large dot product, as
/// [Mechanism.NearestKeys] has it: whoever wants cosines appends and asks with vectors of length 1.
/// One memory serves one sequence of a batch, or all of them; see [Retrieval].
///
/// Opened by a [io.github.attention4j.api.spi.MemoryStore], found through [MemoryStores].
///
/// May be used by several threads: searches run beside each other and beside an append. A search
/// sees every append that returned before it began, and any append whole or not at all. Errors of a
/// disk are [java.io.UncheckedIOException]s; using a closed memory is an [IllegalStateException].
public interface ExternalMemory extends AutoCloseable {
  /// What an entry consists of.
  ///
  /// @param heads how many keys and values
  /// @param keySize of each key
  /// @param valueSize of each value
  record Sizes(int heads, int keySize, int valueSize) {
    public Sizes {
      Check.atLeast("heads", 1, heads);
      Check.atLeast("keySize", 1, keySize);
      Check.atLeast("valueSize", 1, valueSize);
    }
  }

  /// What a search found, best first; equal scores by lower id. −1 and −∞ where an approximate
  /// search found fewer.
  ///
  /// @param ids int64 `[heads, queries, min(k, size)]`
  /// @param scores the dot products, of the same shape
  record Found(LongTensor ids, Tensor scores) {}

  /// Some entries.
  ///
  /// @param keys `[heads, count, keySize]`
  /// @param values `[heads, count, valueSize]`
  record Entries(Tensor keys, Tensor values) {}

  /// What an entry consists of.
  Sizes sizes();

  /// How many entries there are.
  long size();

  /// Appends entries. When it returns they can be found, and where the memory is kept on disk they
  /// are there to stay: a process that is killed afterwards loses none of them, one that is killed
  /// before leaves all of them or none.
  ///
  /// @param keys `[heads, count, keySize]`, finite
  /// @param values `[heads, count, valueSize]`, finite
  /// @return the number of the first of them
  /// @throws IllegalArgumentException if a shape does not fit or an element is NaN or infinite
  long append(Tensor keys, Tensor values);

  /// The entries of the largest dot products with each query, by head.
  ///
  /// @param queries `[heads, queries, keySize]`, finite
  /// @param k at least 1; beyond the size, all entries are returned
  /// @throws IllegalArgumentException if a shape does not fit or an element is NaN or infinite
  Found search(Tensor queries, int k);

  /// The keys and values of entries.
  ///
  /// @param ids int64 `[heads, count]`, each from 0 to [#size()] − 1
  /// @throws IllegalArgumentException if there is no such entry
  Entries read(LongTensor ids);

  /// Whether [#search] finds the nearest always, and not only most of them.
  boolean exact();

  /// Frees what is held; twice does nothing.
  @Override
  void close();
}
