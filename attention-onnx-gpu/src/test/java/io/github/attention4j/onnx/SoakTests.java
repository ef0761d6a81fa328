package io.github.attention4j.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/// What many runs and many threads must not change.
final class SoakTests {
  private static final Request REQUEST =
      Request.of(Pairwise.of(Score.scaledDot()).within(Scope.causal()));

  /// How often the memory is looked at, evenly over the rounds.
  private static final int LOOKS = 10;

  private static final Inputs INPUTS =
      Inputs.of(
          Numbers.normal(1, 2, 4, 33, 16),
          Numbers.normal(2, 2, 2, 33, 16),
          Numbers.normal(3, 2, 2, 33, 16));

  /// Minutes long, so only where `-Dattention4j.soak=10000` says how many rounds.
  @Test
  void preparingRunningAndClosingLeaksNothing() throws IOException {
    Path status = Path.of("/proc/self/status");
    assumeTrue(Files.exists(status), "no /proc to read memory from");
    int rounds = Integer.getInteger("attention4j.soak", 0);
    assumeTrue(rounds > 0, "no rounds asked for");
    OnnxProvider provider =
        (OnnxProvider) new OnnxProvider().configure(Settings.defaults().threads(1));
    cycle(provider, 1000);
    long before = residentKilobytes(status);
    List<Long> mebibytes = new ArrayList<>(List.of(before / 1024));
    for (int done = 0; done < rounds; done += Math.max(1, rounds / LOOKS)) {
      cycle(provider, Math.min(Math.max(1, rounds / LOOKS), rounds - done));
      mebibytes.add(residentKilobytes(status) / 1024);
    }
    System.out.println("resident MiB over " + rounds + " rounds: " + mebibytes);
    long grown = residentKilobytes(status) - before;
    // A leaked session of this graph would hold some 300 kB; the heap may still grow a little.
    assertTrue(grown < 32_000 + 2L * rounds, "grew by " + grown + " kB in " + rounds + " rounds");
  }

  private static void cycle(OnnxProvider provider, int rounds) {
    for (int i = 0; i < rounds; i++) {
      try (Attention attention = provider.prepare(REQUEST)) {
        attention.run(INPUTS);
      }
    }
  }

  private static long residentKilobytes(Path status) throws IOException {
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void threadsShareASessionAndGiveTheSameBits() throws Exception {
    List<Tensor> outputs = new ArrayList<>();
    for (int threads : new int[] {1, 2}) {
      OnnxProvider provider =
          (OnnxProvider) new OnnxProvider().configure(Settings.defaults().threads(threads));
      try (Attention attention = provider.prepare(REQUEST);
          ExecutorService pool = Executors.newFixedThreadPool(4)) {
        List<Callable<Tensor>> tasks = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
          tasks.add(() -> attention.run(INPUTS).output());
        }
        for (Future<Tensor> each : pool.invokeAll(tasks)) {
          outputs.add(each.get());
        }
      }
    }
    outputs.forEach(output -> assertEquals(outputs.getFirst(), output));
  }
}
