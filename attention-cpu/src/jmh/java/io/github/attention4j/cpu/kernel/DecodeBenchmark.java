package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// A decoding step on all processors: one query, 32 query heads on 8 key heads of size 128, into
/// the arrays of an earlier result.
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 5, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class DecodeBenchmark {
  /// Keys in the cache.
  @Param({"1024", "4096", "16384"})
  public int keys;

  private final Engine engine = new Engine(Settings.defaults());
  private final Attention attention = engine.prepare(Request.of(Pairwise.of(Score.scaledDot())));
  private Inputs inputs = Inputs.none();
  private Result result = Result.of(java.util.Map.of());

  /// Draws the inputs.
  @Setup
  public void prepare() {
    Random random = new Random(1);
    inputs = Inputs.of(normal(random, 32, 1), normal(random, 8, keys), normal(random, 8, keys));
    result = attention.run(inputs);
  }

  private static Tensor normal(Random random, int heads, int length) {
    Tensor array = Tensor.allocate(1, heads, length, 128);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, (float) random.nextGaussian());
    }
    return array;
  }

  /// One run.
  @Benchmark
  public Result run() {
    return attention.run(inputs, result);
  }
}
