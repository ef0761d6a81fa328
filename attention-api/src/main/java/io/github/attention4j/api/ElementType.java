package io.github.attention4j.api;

/// The element types an [NdArray] can have, with their size in memory.
public enum ElementType {
  /// IEEE 754 binary32.
  FLOAT32(4),
  /// Two's complement, 64 bits: token ids, lengths, positions.
  INT64(8),
  /// One byte per element, 0 or 1: masks.
  BOOL(1);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /// The size of one element in bytes.
  public int bytes() {
    return bytes;
  }
}
