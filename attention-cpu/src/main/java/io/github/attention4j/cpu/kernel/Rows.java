package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Vectors of float32 in native memory, addressed by batch, head and position: an array `[batch,
/// heads, length, size]`, or the heads inside `[batch, length, heads * size]` without moving them.
///
/// @param segment the memory
/// @param batch elements from one batch entry to the next
/// @param head elements from one head to the next
/// @param row elements from one position to the next
record Rows(MemorySegment segment, long batch, long head, long row) {
  /// An array `[batch, heads, length, size]`.
  static Rows of(Tensor array) {
    long size = array.shape().size(-1);
    long length = array.shape().size(-2);
    long heads = array.shape().size(-3);
    return new Rows(array.segment(), heads * length * size, length * size, size);
  }

  /// The index of the first element of a vector.
  long index(int b, int h, int i) {
    return b * batch + h * head + i * row;
  }

  /// Whether vectors of this size can be read where they are as whole SIMD vectors: one behind the
  /// other in native memory, aligned, and with indices that fit an int.
  boolean alignedVectors(int size) {
    long bytes = 4L * Lanes.LENGTH;
    return row == size
        && size % Lanes.LENGTH == 0
        && segment.isNative()
        && !segment.isMapped()
        && segment.address() % bytes == 0
        && segment.byteSize() / 4 <= Integer.MAX_VALUE;
  }

  /// Copies the vector from an index into an array.
  void read(long index, float[] into, int at, int size) {
    MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT, 4 * index, into, at, size);
  }

  /// Copies the vector from an index to a byte of other memory.
  void read(long index, MemorySegment into, long at, int size) {
    MemorySegment.copy(segment, 4 * index, into, at, 4L * size);
  }

  /// Copies a vector from an array to an index.
  void write(float[] from, int at, int size, long index) {
    MemorySegment.copy(from, at, segment, ValueLayout.JAVA_FLOAT, 4 * index, size);
  }
}
