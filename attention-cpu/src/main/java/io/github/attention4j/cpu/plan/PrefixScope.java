package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Scope;
import java.util.Arrays;
import java.util.List;

/// A scope that keeps a prefix of the keys: what mechanisms accept that allow only full, causal,
/// lengths, and conjunctions of them.
public final class PrefixScope {
  private final boolean causal;
  private final long[] keys;

  private PrefixScope(boolean causal, long[] keys) {
    this.causal = causal;
    this.keys = keys;
  }

  /// Reads a scope together with the inputs it names.
  ///
  /// @throws IllegalArgumentException if lengths are missing or do not fit
  public static PrefixScope of(Scope scope, Inputs inputs, int batch, int allKeys) {
    return switch (scope) {
      case Scope.Full() -> new PrefixScope(false, filled(batch, allKeys));
      case Scope.Causal() -> new PrefixScope(true, filled(batch, allKeys));
      case Scope.Lengths(String name) -> new PrefixScope(false, read(name, inputs, batch, allKeys));
      case Scope.And(List<Scope> scopes) -> {
        boolean causal = false;
        long[] keys = filled(batch, allKeys);
        for (Scope each : scopes) {
          PrefixScope other = of(each, inputs, batch, allKeys);
          causal |= other.causal;
          Arrays.setAll(keys, b -> Math.min(keys[b], other.keys[b]));
        }
        yield new PrefixScope(causal, keys);
      }
      case Scope.Window _,
          Scope.GlobalKeys _,
          Scope.GlobalQueries _,
          Scope.Strided _,
          Scope.Summaries _,
          Scope.BlockWindow _,
          Scope.GlobalBlocks _,
          Scope.KeyBlocks _,
          Scope.Packed _,
          Scope.Mask _,
          Scope.PerHead _,
          Scope.Or _,
          Scope.Not _ ->
          throw new IllegalArgumentException(
              "scope: expected full, causal, lengths, or an and of these, got " + scope);
    };
  }

  /// The lengths in an int64 input `[batch]`, each from 0 to `allKeys`.
  static long[] read(String name, Inputs inputs, int batch, int allKeys) {
    LongTensor given = inputs.longs(name);
    Expect.shape(name, given, "[batch]", batch);
    long[] lengths = given.toArray();
    for (int b = 0; b < batch; b++) {
      if (lengths[b] < 0 || lengths[b] > allKeys) {
        throw new IllegalArgumentException(
            name + ": expected 0 to " + allKeys + " at [" + b + "], got " + lengths[b]);
      }
    }
    return lengths;
  }

  /// Whether query $i$ sees keys up to $i$ only.
  public boolean causal() {
    return causal;
  }

  /// The number of valid keys of a batch entry.
  public int keys(int b) {
    return (int) keys[b];
  }

  /// How many keys query `i` of an entry sees: the first ones.
  public int visible(int b, int i) {
    return (int) (causal ? Math.min(keys[b], i + 1L) : keys[b]);
  }

  private static long[] filled(int batch, long value) {
    long[] all = new long[batch];
    Arrays.fill(all, value);
    return all;
  }
}
