package io.github.attention4j.viz.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.spi.AttentionProvider;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * What a run allocates in a process that has run every mechanism: there the compiler may turn the
 * vectors of a kernel into objects, half a megabyte of them in a run of length 256. Asked for with
 * `-Dattention.test.mixed=250`, milliseconds for each mechanism and round; two minutes, since every
 * kernel has to be compiled, and compiled again once others have run.
 */
@EnabledIfSystemProperty(named = "attention.test.mixed", matches = "\\d+")
class MixedProcessTests {
  private static final long NANOS = 1_000_000L * Integer.getInteger("attention.test.mixed", 0);
  private static final int ROUNDS = 12;
  private static final long LENGTH = 256;

  /**
   * Above what a run may need, 15 kilobytes for product keys, below what vectors as objects take.
   */
  private static final double MOST = 32 << 10;

  @Test
  void runsAllocateNoVectors() {
    AttentionProvider cpu = AttentionProviders.load(Settings.defaults().threads(2)).named("cpu");
    List<String> names = new ArrayList<>();
    List<Runnable> runs = new ArrayList<>();
    Sequence sequence = Sequence.of(LENGTH);
    for (Contender contender : Contenders.all()) {
      add(contender.name(), cpu, contender.work().apply(sequence), names, runs);
    }
    add("a decoding step", cpu, decoding(), names, runs);
    double[] bytes = new double[runs.size()];
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = bytesPerRun(runs.get(i));
      }
    }
    List<String> tooMuch = new ArrayList<>();
    for (int i = 0; i < bytes.length; i++) {
      System.out.printf("%-40s %,12.0f bytes a run%n", names.get(i), bytes[i]);
      if (bytes[i] > MOST) {
        tooMuch.add(names.get(i) + ": " + bytes[i]);
      }
    }
    assertEquals(List.of(), tooMuch, "expected at most " + MOST + " bytes a run");
  }

  private static void add(
      String name, AttentionProvider cpu, Work work, List<String> names, List<Runnable> runs) {
    assertEquals(List.of(), cpu.unsupported(work.request()), name);
    Attention attention = cpu.prepare(work.request());
    Result result = attention.run(work.inputs());
    names.add(name);
    runs.add(() -> attention.run(work.inputs(), result));
  }

  private static Work decoding() {
    return new Work(
        Request.of(Pairwise.of(Score.scaledDot())),
        Inputs.of(
            RandomArrays.tensor(1, 1, 8, 1, 128),
            RandomArrays.tensor(2, 1, 2, 1_024, 128),
            RandomArrays.tensor(3, 1, 2, 1_024, 128)));
  }

  private static double bytesPerRun(Runnable run) {
    double before = ProcessMemory.allocatedBytes();
    long start = System.nanoTime();
    int count = 0;
    do {
      run.run();
      count++;
    } while (System.nanoTime() - start < NANOS);
    return (ProcessMemory.allocatedBytes() - before) / count;
  }
}
