package io.github.attention4j.api;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/// What the queries of a run found in external memories, as the inputs [Mechanism.NearestKeys]
/// reads.
///
/// For every head the entries that any of its queries found, in the order of their numbers, each
/// once. The nearest of these to a query are its own, since they are among them: with an exact
/// memory, attention to the candidates is attention to the whole memory, equal scores included (but
/// for scores that differ by no more than rounding); with an approximate one a query finds at least
/// what the search found for it. Heads with fewer candidates than others get further entries of the
/// memory, the lowest numbers first, which changes nothing for the same reason.
///
/// The candidates of $n$ queries are at most $n \cdot \text{topK}$ of a head, so split long inputs
/// into segments, as the paper does, and append each after it was attended.
///
/// @param ids which entries the candidates are, int64 `[batch, memoryHeads, candidates]`
/// @param keys `[batch, memoryHeads, candidates, keySize]`
/// @param values `[batch, memoryHeads, candidates, valueSize]`
public record Retrieval(LongTensor ids, Tensor keys, Tensor values) {
  /// The name of the memory's keys in the inputs of [Mechanism.NearestKeys].
  public static final String MEMORY_KEY = "memory_key";

  /// The name of the memory's values in the inputs of [Mechanism.NearestKeys].
  public static final String MEMORY_VALUE = "memory_value";

  /// Searches for the queries of a run.
  ///
  /// @param query `[batch, queryHeads, queries, keySize]`; query head $h$ asks memory head $\lfloor
  ///   h / (\text{queryHeads} / \text{memoryHeads}) \rfloor$
  /// @param topK of the mechanism
  /// @param memories one for each entry of the batch, or one for all; of equal sizes
  /// @throws IllegalArgumentException if shapes or memories do not fit together
  public static Retrieval of(Tensor query, int topK, List<? extends ExternalMemory> memories) {
    Check.rank("query", query, 4);
    Check.atLeast("topK", 1, topK);
    int batch = query.shape().intSize(0);
    ExternalMemory.Sizes sizes = check(query, memories);
    int heads = sizes.heads();
    long rows = query.shape().size(1) / heads * query.shape().size(2);
    long entryBytes = 4 * query.shape().size(1) * query.shape().size(2) * sizes.keySize();
    long[] counts = new long[batch];
    long[][][] chosen = new long[batch][heads][];
    int candidates = 0;
    for (int b = 0; b < batch; b++) {
      ExternalMemory memory = memories.get(memories.size() == 1 ? 0 : b);
      Tensor own =
          Tensor.wrap(
              query.segment().asSlice(b * entryBytes, entryBytes),
              Shape.of(heads, rows, sizes.keySize()));
      LongTensor found = memory.search(own, topK).ids();
      // After the search: no fewer than it saw.
      counts[b] = memory.size();
      for (int h = 0; h < heads; h++) {
        long each = found.shape().elements() / heads;
        TreeSet<Long> ids = new TreeSet<>();
        for (long i = h * each; i < (h + 1) * each; i++) {
          if (found.at(i) >= 0) {
            ids.add(found.at(i));
          }
        }
        chosen[b][h] = ids.stream().mapToLong(Long::longValue).toArray();
        candidates = Math.max(candidates, chosen[b][h].length);
      }
    }
    return gather(memories, sizes, chosen, candidates, counts);
  }

  /// As [#of(Tensor, int, List)] with one memory for all entries of the batch.
  public static Retrieval of(Tensor query, int topK, ExternalMemory memory) {
    return of(query, topK, List.of(memory));
  }

  /// The inputs with the candidates as their memory.
  public Inputs into(Inputs inputs) {
    return inputs.with(MEMORY_KEY, keys).with(MEMORY_VALUE, values);
  }

  private static ExternalMemory.Sizes check(Tensor query, List<? extends ExternalMemory> memories) {
    long batch = query.shape().size(0);
    if (memories.isEmpty() || (memories.size() != 1 && memories.size() != batch)) {
      throw new IllegalArgumentException(
          "memories: expected 1 or one for each entry of the batch of "
              + batch
              + ", got "
              + memories.size());
    }
    ExternalMemory.Sizes sizes = memories.getFirst().sizes();
    for (ExternalMemory memory : memories) {
      if (!memory.sizes().equals(sizes) || memory.size() != memories.getFirst().size()) {
        throw new IllegalArgumentException(
            "memories: expected all of "
                + sizes
                + " with "
                + memories.getFirst().size()
                + " entries, got "
                + memory.sizes()
                + " with "
                + memory.size());
      }
    }
    Check.equal("query", "keySize", sizes.keySize(), query.shape().size(3));
    if (query.shape().size(1) % sizes.heads() != 0) {
      throw new IllegalArgumentException(
          "query: expected heads in a multiple of the memory's "
              + sizes.heads()
              + ", got "
              + query.describe());
    }
    return sizes;
  }

  private static Retrieval gather(
      List<? extends ExternalMemory> memories,
      ExternalMemory.Sizes sizes,
      long[][][] chosen,
      int candidates,
      long[] counts) {
    int batch = chosen.length;
    int heads = sizes.heads();
    LongTensor ids = LongTensor.allocate(batch, heads, candidates);
    Tensor keys = Tensor.allocate(batch, heads, candidates, sizes.keySize());
    Tensor values = Tensor.allocate(batch, heads, candidates, sizes.valueSize());
    for (int b = 0; b < batch; b++) {
      LongTensor own = LongTensor.allocate(heads, candidates);
      for (int h = 0; h < heads; h++) {
        long[] filled = fill(chosen[b][h], candidates, counts[b]);
        for (int c = 0; c < candidates; c++) {
          own.set((long) h * candidates + c, filled[c]);
        }
      }
      ExternalMemory.Entries entries = memories.get(memories.size() == 1 ? 0 : b).read(own);
      copy(own, ids, b);
      copy(entries.keys(), keys, b);
      copy(entries.values(), values, b);
    }
    return new Retrieval(ids, keys, values);
  }

  /// The chosen ids and the lowest others, `count` in all, in ascending order.
  private static long[] fill(long[] chosen, int count, long size) {
    long[] all = Arrays.copyOf(chosen, count);
    int at = chosen.length;
    for (long id = 0; at < count && id < size; id++) {
      if (Arrays.binarySearch(chosen, id) < 0) {
        all[at++] = id;
      }
    }
    if (at < count) {
      throw new IllegalArgumentException(
          "memories: expected equal sizes, got one of " + size + " where others found " + count);
    }
    Arrays.sort(all);
    return all;
  }

  private static void copy(NdArray from, NdArray into, int entry) {
    long bytes = from.segment().byteSize();
    MemorySegment.copy(from.segment(), 0, into.segment(), entry * bytes, bytes);
  }
}
