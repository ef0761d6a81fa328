package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Shape;

/// Where element `[batch, head, query, key]` of an array lies that is broadcast from the right; an
/// axis of size 1, or one that is missing on the left, has stride 0.
///
/// @param batch the stride of the batch
/// @param head the stride of the heads
/// @param query the stride of the queries
/// @param key the stride of the keys
public record Broadcast(long batch, long head, long query, long key) {

  /// The strides of `array` when broadcast to `[batch, heads, queries, keys]`.
  ///
  /// @throws IllegalArgumentException if its shape does not broadcast to that
  public static Broadcast of(
      String name, NdArray array, long batch, long heads, long queries, long keys) {
    long[] target = {batch, heads, queries, keys};
    Shape shape = array.shape();
    long[] strides = new long[4];
    boolean fits = shape.rank() <= 4;
    long stride = 1;
    for (int axis = 3, from = shape.rank() - 1; fits && from >= 0; axis--, from--) {
      long size = shape.size(from);
      fits = size == target[axis] || size == 1;
      strides[axis] = size == 1 ? 0 : stride;
      stride *= size;
    }
    if (!fits) {
      throw new IllegalArgumentException(
          name
              + ": expected a shape that broadcasts from the right to [batch, heads, queries, keys] = "
              + Shape.of(target)
              + ", got "
              + array.describe());
    }
    return new Broadcast(strides[0], strides[1], strides[2], strides[3]);
  }

  /// The index in row-major order.
  public long index(long b, long h, long i, long j) {
    return b * batch + h * head + i * query + j * key;
  }
}
