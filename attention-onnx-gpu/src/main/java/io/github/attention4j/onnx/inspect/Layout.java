package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.inspect.Axes.Factor;
import java.util.ArrayList;
import java.util.List;

/// Where the cells of a map, the values and the weighted sums lie in their arrays.
///
/// @param batch the factors of the batch
/// @param heads the factors of the heads
/// @param queries the factors of the queries
/// @param keys the factors of the keys
/// @param size the factors of the size of the values
record Layout(
    List<Factor> batch,
    List<Factor> heads,
    List<Factor> queries,
    List<Factor> keys,
    List<Factor> size) {

  /// An array and its axes.
  ///
  /// @param strides of the axes, in elements
  // Carried from one method to the next, never compared or published.
  @SuppressWarnings("ArrayRecordComponent")
  record Placed(Tensor array, Axes axes, long[] strides) {
    static Placed of(Tensor array, Axes axes) {
      return new Placed(array, axes, Axes.strides(array.shape().toArray()));
    }

    Offsets offsets(Layout layout) {
      return new Offsets(
          array,
          axes.offsets(layout.batch, strides),
          axes.offsets(layout.heads, strides),
          axes.offsets(layout.queries, strides),
          axes.offsets(layout.keys, strides),
          axes.offsets(layout.size, strides));
    }
  }

  /// Where each index of each kind starts; the sum of one of each is a cell.
  // As above.
  @SuppressWarnings("ArrayRecordComponent")
  record Offsets(
      Tensor array, long[] batch, long[] heads, long[] queries, long[] keys, long[] size) {}

  /// The same cells as `[batch, heads, queries, keys]`.
  static Tensor arrange(Offsets from) {
    int batch = from.batch.length;
    int heads = from.heads.length;
    int queries = from.queries.length;
    int keys = from.keys.length;
    if (isInOrder(from)) {
      return from.array.reshape(batch, heads, queries, keys);
    }
    Tensor map = Tensor.allocate(batch, heads, queries, keys);
    long to = 0;
    for (long b : from.batch) {
      for (long h : from.heads) {
        for (long q : from.queries) {
          for (long k : from.keys) {
            map.set(to++, from.array.at(b + h + q + k));
          }
        }
      }
    }
    return map;
  }

  private static boolean isInOrder(Offsets from) {
    long expected = 1;
    for (long[] offsets : List.of(from.keys, from.queries, from.heads, from.batch)) {
      for (int i = 0; i < offsets.length; i++) {
        if (offsets[i] != i * expected) {
          return false;
        }
      }
      expected *= offsets.length;
    }
    return from.array.shape().elements() == expected;
  }

  /// The heads of these numbers only, in ascending order.
  static Tensor heads(Tensor map, Iterable<Integer> numbers) {
    int heads = map.shape().intSize(1);
    List<Integer> chosen = new ArrayList<>();
    for (int number : numbers) {
      if (number >= heads) {
        throw new IllegalArgumentException(
            "heads: expected numbers below " + heads + ", got " + number);
      }
      chosen.add(number);
    }
    if (chosen.isEmpty()) {
      return map;
    }
    long batch = map.shape().size(0);
    Tensor part = Tensor.allocate(batch, chosen.size(), map.shape().size(2), map.shape().size(3));
    long bytes = map.shape().size(2) * map.shape().size(3) * Float.BYTES;
    long to = 0;
    for (long b = 0; b < batch; b++) {
      for (int head : chosen) {
        part.segment()
            .asSlice(to, bytes)
            .copyFrom(map.segment().asSlice((b * heads + head) * bytes, bytes));
        to += bytes;
      }
    }
    return part;
  }
}
