package io.github.attention4j.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.CpuProvider;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The best keys of every query without an array of queries by keys, in a virtual machine of 192 MiB
 * of heap. Asked for with `-Dattention.test.long=65536`, a length; a matrix of 65,536 x 65,536
 * would be 16 GiB.
 */
@EnabledIfSystemProperty(named = "attention.test.long", matches = "\\d+")
class LongSequenceTests {
  private static final int SIZE = 64;
  private static final int K = 8;

  @TempDir Path directory;

  @Test
  void topKeysInBoundedMemory() throws Exception {
    int length = Integer.getInteger("attention.test.long", 0);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx192m", "--add-modules", "jdk.incubator.vector", "-cp"));
    command.add(
        String.join(
            java.io.File.pathSeparator,
            Path.of("target", "test-classes").toString(),
            Path.of("target", "classes").toString(),
            System.getProperty("java.class.path"),
            System.getProperty("jdk.module.path", "")));
    command.add(Run.class.getName());
    command.add(String.valueOf(length));
    Path said = directory.resolve("said");
    Process child =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    assertTrue(child.waitFor(10, TimeUnit.MINUTES), "not done after ten minutes");
    System.out.println(Files.readString(said));
    assertEquals(0, child.exitValue());
  }

  /** The run itself. */
  static final class Run {
    public static void main(String[] arguments) throws Exception {
      int length = Integer.parseInt(arguments[0]);
      Random random = new Random(1);
      Tensor query = draw(random, length);
      Tensor key = draw(random, length);
      Tensor value = draw(random, length);
      Request request =
          Request.of(Pairwise.of(Score.scaledDot()).within(Scope.causal()))
              .capture(new Capture.TopK(K));
      try (Attention attention =
          new CpuProvider().configure(Settings.defaults()).prepare(request)) {
        long before = resident();
        long start = System.nanoTime();
        Result result = attention.run(Inputs.of(query, key, value));
        double seconds = (System.nanoTime() - start) / 1e9;
        long more = Math.max(0, resident() - before);
        long heap =
            ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == java.lang.management.MemoryType.HEAP)
                .mapToLong(pool -> pool.getPeakUsage().getUsed())
                .sum();
        System.out.printf(
            "%d x %d causal, size %d, top %d: %.1f s, peak heap %d MiB, resident +%d MiB%n",
            length, length, SIZE, K, seconds, heap >> 20, more >> 20);
        check(query, key, result, length);
        if (more > 256L << 20) {
          throw new AssertionError("resident memory grew by " + more + " bytes");
        }
      }
    }

    private static Tensor draw(Random random, int length) {
      Tensor array = Tensor.allocate(1, 1, length, SIZE);
      for (long i = 0; i < array.shape().elements(); i++) {
        array.set(i, (float) random.nextGaussian());
      }
      return array;
    }

    /** Bytes of this process in memory; 0 where the system does not say. */
    private static long resident() throws Exception {
      Path status = Path.of("/proc/self/status");
      if (!Files.exists(status)) {
        return 0;
      }
      return Files.readAllLines(status).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .sum();
    }

    /** Some rows against the formula in float64. */
    private static void check(Tensor query, Tensor key, Result result, int length) {
      LongTensor ids = (LongTensor) result.get(Result.TOP_K_KEYS);
      Tensor weights = result.tensor(Result.TOP_K_WEIGHTS);
      for (int row : new int[] {0, 3, length / 3, length - 1}) {
        double[] scores = new double[row + 1];
        double sum = 0;
        for (int j = 0; j <= row; j++) {
          for (int e = 0; e < SIZE; e++) {
            scores[j] += query.get(0, 0, row, e) * (double) key.get(0, 0, j, e) / 8;
          }
          sum += Math.exp(scores[j]);
        }
        for (int r = 0; r < K; r++) {
          int best = -1;
          for (int j = 0; j <= row; j++) {
            best = best < 0 || scores[j] > scores[best] ? j : best;
          }
          boolean there = r <= row;
          double weight = there ? Math.exp(scores[best]) / sum : 0;
          if (ids.get(0, 0, row, r) != (there ? best : -1)
              || Math.abs(weights.get(0, 0, row, r) - weight) > 1e-4 * weight) {
            throw new AssertionError("row " + row + ", rank " + r);
          }
          if (there) {
            scores[best] = Double.NEGATIVE_INFINITY;
          }
        }
      }
    }
  }
}
