package io.github.attention4j.cpu.peak;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Every thread sums its own part of native memory far larger than the caches.
public final class SequentialReads implements AutoCloseable {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final long TOTAL = 256L << 20;
  private static final long UNROLL = 4;

  /// Summed per call, so that the compiler has a method to compile and not one endless loop.
  private static final long BLOCK = 1L << 18;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment[] parts;
  private final long bytes;

  /// Allocates and fills the memory, a part for each thread.
  public SequentialReads(int threads) {
    bytes = TOTAL / threads / BLOCK * BLOCK;
    parts = new MemorySegment[threads];
    for (int i = 0; i < threads; i++) {
      // Written once: pages never written share one page of zeros, which the cache holds.
      parts[i] = arena.allocate(bytes, 64).fill((byte) 1);
    }
  }

  /// Bytes of one thread in one run.
  public double bytes() {
    return bytes;
  }

  /// One run.
  public double run(int thread) {
    double sum = 0;
    for (long at = 0; at < bytes; at += BLOCK) {
      sum += sum(parts[thread], at);
    }
    return sum;
  }

  /// Four sums, so that no addition waits for the one before.
  private static float sum(MemorySegment part, long from) {
    long vector = SPECIES.vectorByteSize();
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (long at = from; at < from + BLOCK; at += UNROLL * vector) {
      a = a.add(load(part, at));
      b = b.add(load(part, at + vector));
      c = c.add(load(part, at + 2 * vector));
      d = d.add(load(part, at + 3 * vector));
    }
    return a.add(b).add(c).add(d).reduceLanes(VectorOperators.ADD);
  }

  private static FloatVector load(MemorySegment part, long at) {
    return FloatVector.fromMemorySegment(SPECIES, part, at, ByteOrder.nativeOrder());
  }

  @Override
  public void close() {
    arena.close();
  }
}
