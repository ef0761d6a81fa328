package io.github.attention4j.cpu.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// The stages of one tile on one thread: 128 keys of 64 elements and a panel of queries. Score and
/// value are 2 x 128 x 64 x lanes floating-point operations each.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 5, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class KernelBenchmark {
  private static final int SIZE = 64;

  /// Vectors of queries.
  @Param({"1", "2"})
  public int vectors;

  private final MemorySegment k =
      Arena.ofAuto().allocate(4L * Lanes.TILE * SIZE, 4L * Lanes.LENGTH);
  private final float[] q = new float[SIZE * Lanes.MAX_PANEL];
  private final MemorySegment v =
      Arena.ofAuto().allocate(4L * Lanes.TILE * SIZE, 4L * Lanes.LENGTH);
  private final float[] s = new float[(Lanes.TILE + 2) * Lanes.MAX_PANEL];
  private final float[] o = new float[SIZE * (Lanes.MAX_PANEL + ValueKernel.MARGIN)];
  private final float[] m = new float[Lanes.MAX_PANEL];
  private final float[] l = new float[Lanes.MAX_PANEL];
  private final float[] alpha = new float[Lanes.MAX_PANEL + ValueKernel.MARGIN];
  private final int[] rows = new int[Lanes.TILE];
  private final int[] reach = new int[Lanes.MAX_PANEL];

  /// Draws the inputs.
  @Setup
  public void prepare() {
    Random random = new Random(1);
    for (int i = 0; i < Lanes.TILE * SIZE; i++) {
      float x = (float) random.nextGaussian();
      k.setAtIndex(ValueLayout.JAVA_FLOAT, i, x);
      v.setAtIndex(ValueLayout.JAVA_FLOAT, i, x);
    }
    for (int i = 0; i < q.length; i++) {
      q[i] = (float) random.nextGaussian() / 8;
    }
    Arrays.fill(reach, Lanes.TILE);
    for (int row = 0; row < rows.length; row++) {
      rows[row] = row * SIZE;
    }
  }

  /// The stage score.
  @Benchmark
  public float[] score() {
    ScoreKernel.run(k, 0, rows, 0, Lanes.TILE, q, 0, vectors, SIZE, s);
    return s;
  }

  /// The stage normalize.
  @Benchmark
  public float[] normalize() {
    SoftmaxStage.step(s, Lanes.TILE, vectors, m, l, alpha);
    return s;
  }

  /// The stage value.
  @Benchmark
  public float[] value() {
    int lanes = vectors * Lanes.LENGTH;
    ValueKernel.run(v, 0, rows, reach, SIZE, s, lanes, lanes, alpha, false, o);
    return o;
  }
}
