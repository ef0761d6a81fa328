package io.github.attention4j.cpu.memory;

import io.github.attention4j.api.ExternalMemory.Sizes;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.plan.Expect;
import java.util.Set;

/// What a memory refuses.
final class MemoryChecks {
  private MemoryChecks() {}

  /// Checks what is to be appended, and returns how many entries it is.
  static int entries(Sizes sizes, long size, Tensor keys, Tensor values) {
    Expect.shape(
        "keys", keys, "[heads, count, keySize]", sizes.heads(), Expect.ANY, sizes.keySize());
    long count = keys.shape().size(1);
    Expect.shape(
        "values", values, "[heads, count, valueSize]", sizes.heads(), count, sizes.valueSize());
    Expect.atMost("keys", "entries", Integer.MAX_VALUE - KeyTiles.WIDE - size, count);
    finite("keys", keys);
    finite("values", values);
    return (int) count;
  }

  /// Checks queries, and returns how many each head has.
  static int queries(Sizes sizes, Tensor queries, int k) {
    Expect.shape(
        "queries",
        queries,
        "[heads, queries, keySize]",
        sizes.heads(),
        Expect.ANY,
        sizes.keySize());
    Expect.atLeast("k", "a number", 1, k);
    finite("queries", queries);
    return queries.shape().intSize(1);
  }

  /// Checks the numbers of entries, and returns how many each head has.
  static int ids(Sizes sizes, long size, LongTensor ids) {
    Expect.shape("ids", ids, "[heads, count]", sizes.heads(), Expect.ANY);
    for (long i = 0; i < ids.shape().elements(); i++) {
      if (ids.at(i) < 0 || ids.at(i) >= size) {
        throw new IllegalArgumentException(
            "ids: expected 0 to " + (size - 1) + ", got " + ids.at(i));
      }
    }
    return ids.shape().intSize(1);
  }

  /// Refuses options of this store that it does not know.
  static void options(Settings settings, String store, Set<String> known) {
    for (String key : settings.options().keySet()) {
      if (key.startsWith(store + ".") && !known.contains(key)) {
        throw new IllegalArgumentException(
            "options: store " + store + " has " + known + ", got '" + key + "'");
      }
    }
  }

  private static void finite(String name, Tensor array) {
    for (long i = 0; i < array.shape().elements(); i++) {
      if (!Float.isFinite(array.at(i))) {
        throw new IllegalArgumentException(
            name + ": expected finite numbers, got " + array.at(i) + " at element " + i);
      }
    }
  }
}
