package io.github.attention4j.multimodal.checkpoint;

import java.util.Arrays;
import java.util.Optional;

/// The element types a safetensors file can name.
///
/// Source: `Dtype` of the safetensors reference implementation. Sizes are in bits because some
/// types share bytes.
public enum Dtype {
  /// One byte, 0 or 1.
  BOOL(8, Kind.BOOLEAN),
  /// Unsigned 8 bits.
  U8(8, Kind.INTEGER),
  /// Signed 8 bits.
  I8(8, Kind.INTEGER),
  /// Signed 16 bits.
  I16(16, Kind.INTEGER),
  /// Unsigned 16 bits.
  U16(16, Kind.INTEGER),
  /// Signed 32 bits.
  I32(32, Kind.INTEGER),
  /// Unsigned 32 bits.
  U32(32, Kind.INTEGER),
  /// Signed 64 bits.
  I64(64, Kind.INTEGER),
  /// Unsigned 64 bits; read only where all values fit 63.
  U64(64, Kind.INTEGER),
  /// IEEE 754 binary16.
  F16(16, Kind.FLOAT),
  /// The upper half of a binary32.
  BF16(16, Kind.FLOAT),
  /// IEEE 754 binary32.
  F32(32, Kind.FLOAT),
  /// IEEE 754 binary64.
  F64(64, Kind.FLOAT),
  /// 4-bit float; sizes are checked, elements are not read.
  F4(4, Kind.OTHER),
  /// 6-bit float; sizes are checked, elements are not read.
  F6_E2M3(6, Kind.OTHER),
  /// 6-bit float; sizes are checked, elements are not read.
  F6_E3M2(6, Kind.OTHER),
  /// 8-bit float; sizes are checked, elements are not read.
  F8_E5M2(8, Kind.OTHER),
  /// 8-bit float; sizes are checked, elements are not read.
  F8_E4M3(8, Kind.OTHER),
  /// 8-bit scale; sizes are checked, elements are not read.
  F8_E8M0(8, Kind.OTHER),
  /// Two binary32; sizes are checked, elements are not read.
  C64(64, Kind.OTHER);

  /// What the elements are read as.
  public enum Kind {
    /// Read as float32.
    FLOAT,
    /// Read as int64.
    INTEGER,
    /// Read as bool.
    BOOLEAN,
    /// Not read.
    OTHER
  }

  private final int bits;
  private final Kind kind;

  Dtype(int bits, Kind kind) {
    this.bits = bits;
    this.kind = kind;
  }

  /// The size of an element in bits.
  public int bits() {
    return bits;
  }

  /// What the elements are read as.
  public Kind kind() {
    return kind;
  }

  /// The type of this name in a file.
  static Optional<Dtype> named(String name) {
    return Arrays.stream(values()).filter(dtype -> dtype.name().equals(name)).findFirst();
  }
}
