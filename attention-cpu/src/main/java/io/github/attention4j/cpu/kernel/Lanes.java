package io.github.attention4j.cpu.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// The vector shape everything here is compiled for, and the blocking that follows from it.
public final class Lanes {
  /// The widest shape of the machine, up to 512 bits: a panel must fit the 64 bits of a mask.
  public static final VectorSpecies<Float> SPECIES =
      FloatVector.SPECIES_PREFERRED.vectorBitSize() > 512
          ? FloatVector.SPECIES_512
          : FloatVector.SPECIES_PREFERRED;

  /// Lanes in a vector.
  public static final int LENGTH = SPECIES.length();

  /// Whether there are only 16 vector registers (AVX2), not 32 (AVX-512, NEON).
  public static final boolean FEW_REGISTERS =
      SPECIES.vectorBitSize() < 512 && System.getProperty("os.arch", "").matches("amd64|x86_64");

  /// Vectors side by side in the widest panel. A register block is 8 rows x 2 vectors of
  /// accumulators, or 4 x 3 where registers are few. See docs/decisions/010-cpu-kernels.md for the
  /// ones that were slower.
  static final int MAX_VECTORS = FEW_REGISTERS ? 3 : 2;

  /// Queries in the widest panel.
  static final int MAX_PANEL = MAX_VECTORS * LENGTH;

  /// What numbers of rows are rounded up to: the tallest register block.
  static final int BLOCK = 8;

  /// Keys in a tile: scores of a panel, 24 KiB with 512-bit vectors, stay in the first-level cache.
  static final int TILE = 128;

  /// Lanes exchanged with those this far away. The sum of all lanes is $\log_2$ additions of a
  /// vector and its exchange, the same bits wherever it is computed; `reduceLanes` adds in one
  /// order when compiled and in another before that.
  public static final VectorShuffle<Float> BY_8 = exchange(8);

  public static final VectorShuffle<Float> BY_4 = exchange(4);
  public static final VectorShuffle<Float> BY_2 = exchange(2);
  public static final VectorShuffle<Float> BY_1 = exchange(1);

  private Lanes() {}

  private static VectorShuffle<Float> exchange(int distance) {
    return VectorShuffle.fromOp(SPECIES, lane -> (lane ^ distance) % LENGTH);
  }

  /// How many vectors hold `n` lanes.
  static int vectors(int n) {
    return (n + LENGTH - 1) / LENGTH;
  }

  /// `n` rounded up to a multiple of `step`.
  public static int roundUp(int n, int step) {
    return (n + step - 1) / step * step;
  }

  /// What a kernel throws that was given memory which is not native.
  ///
  /// Kernels that loop over memory ask `isNative` first thing, for the compiler: while they are
  /// interpreted, the Vector API's own conversions go through memory on the heap, so the methods
  /// that all accesses share are compiled for both kinds, and each access would tell them apart. A
  /// question of the kernel's own, whose answer was always the same, settles it for the whole
  /// method. See docs/decisions/027-memory-asked-once.md.
  public static IllegalArgumentException notNative() {
    return new IllegalArgumentException("memory: expected native, got heap");
  }
}
