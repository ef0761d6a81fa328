package io.github.attention4j.api;

import java.lang.foreign.MemorySegment;

/// A dense array in native memory: row-major, native byte order, no gaps.
///
/// Memory is always native (off-heap), so that a native runtime reads it without a copy and kernels
/// meet one kind of segment only. Arrays made by `of` and `allocate` are freed when a garbage
/// collection finds them unreachable, which is asked for when arrays of an eighth of the largest
/// heap were made since the last one; a loop that gives its last result to be written again
/// ([Attention#run(Inputs, Result)]) makes none. A wrapped segment lives as long as its own arena.
/// Contents are mutable and not synchronised: share an array between threads only while nobody
/// writes.
public sealed interface NdArray permits Tensor, LongTensor, BooleanTensor {
  /// The sizes along the axes.
  Shape shape();

  /// The type of the elements.
  ElementType type();

  /// The elements themselves, `shape().elements() * type().bytes()` bytes.
  MemorySegment segment();

  /// A short description for messages, such as `float32 [2, 8, 128, 64]`.
  default String describe() {
    return type().name().toLowerCase(java.util.Locale.ROOT) + " " + shape();
  }
}
