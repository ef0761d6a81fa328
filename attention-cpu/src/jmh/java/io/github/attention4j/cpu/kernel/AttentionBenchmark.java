package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
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

/// Softmax attention of 8 heads on all processors, into the arrays of an earlier result.
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 5, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class AttentionBenchmark {
  /// Queries and keys.
  @Param({"64", "512", "2048"})
  public int length;

  /// Elements of a key and of a value.
  @Param({"64", "128"})
  public int size;

  /// Whether queries see earlier keys only.
  @Param({"false", "true"})
  public boolean causal;

  private final Engine engine = new Engine(Settings.defaults());
  private Attention attention = engine.prepare(Request.of(Pairwise.of(Score.scaledDot())));
  private Inputs inputs = Inputs.none();
  private Result result = Result.of(java.util.Map.of());

  /// Draws the inputs.
  @Setup
  public void prepare() {
    Random random = new Random(1);
    Pairwise mechanism = Pairwise.of(Score.scaledDot());
    attention = engine.prepare(Request.of(causal ? mechanism.within(Scope.causal()) : mechanism));
    inputs = Inputs.of(normal(random), normal(random), normal(random));
    result = attention.run(inputs);
  }

  private Tensor normal(Random random) {
    Tensor array = Tensor.allocate(1, 8, length, size);
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
