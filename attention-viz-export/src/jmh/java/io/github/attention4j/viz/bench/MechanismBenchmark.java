package io.github.attention4j.viz.bench;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Result;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// The kernel of every mechanism on the sequence of `./attention bench --compare`, into the arrays
/// of an earlier result.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 5,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class MechanismBenchmark {
  /// The mechanism: its name in the comparison, letters and digits joined by hyphens.
  @Param({
    "full-softmax",
    "causal-softmax",
    "window-256-256",
    "window-64-64-dilation-4",
    "blocks-of-256",
    "longformer-256",
    "bigbird-blocks-of-64",
    "sparse-transformer-strided-128",
    "sparse-transformer-fixed-128",
    "sparsemax",
    "1-5-entmax",
    "cosine-8",
    "additive-64-units",
    "bilinear",
    "chain-crf",
    "trees-crossing-arcs",
    "trees-no-crossing-arcs",
    "linear-transformer",
    "performer-256",
    "performer-256-causal",
    "linear-attention-recurrent",
    "gated-delta-rule-recurrent",
    "linformer-256-averages",
    "nystromformer-64",
    "hyena-order-2",
    "nearest-32-keys-causal",
    "product-keys-256-best-32",
    "ntm-read",
    "memory-network-3-hops",
    "memory-network-of-words-3-hops"
  })
  public String mechanism = "";

  /// Queries and keys.
  @Param({"64", "256"})
  public int length;

  /// The provider.
  @Param("cpu")
  public String provider = "";

  private Supplier<Result> run =
      () -> {
        throw new IllegalStateException("run: expected prepare() before it");
      };
  private Runnable close = () -> {};

  /// Prepares the mechanism; the list above must be complete.
  @Setup
  public void prepare() throws NoSuchFieldException {
    List<Contender> all = Contenders.all();
    List<String> names = all.stream().map(MechanismBenchmark::key).toList();
    Param listed = MechanismBenchmark.class.getField("mechanism").getAnnotation(Param.class);
    if (!names.equals(List.of(listed.value()))) {
      throw new IllegalStateException("mechanism: expected a @Param of " + names);
    }
    int index = names.indexOf(mechanism);
    if (index < 0) {
      throw new IllegalArgumentException(
          "mechanism: expected one of " + names + ", got '" + mechanism + "'");
    }
    Work work = all.get(index).work().apply(Sequence.of(length));
    Attention attention = AttentionProviders.load().named(provider).prepare(work.request());
    Result result = attention.run(work.inputs());
    run = () -> attention.run(work.inputs(), result);
    close = attention::close;
  }

  /// One run.
  @Benchmark
  public Result run() {
    return run.get();
  }

  /// Frees what was prepared.
  @TearDown
  public void close() {
    close.run();
  }

  private static String key(Contender contender) {
    return Normalizer.normalize(contender.name(), Normalizer.Form.NFD)
        .replaceAll("\\p{M}", "")
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^a-z0-9]+", "-")
        .replaceAll("^-|-$", "");
  }
}
