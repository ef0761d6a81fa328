package io.github.attention4j.cpu.peak;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.function.DoubleSupplier;
import java.util.function.IntToDoubleFunction;

/// The best of many rounds: what disturbs a ceiling only ever lowers it.
public final class Best {
  private static final int ROUNDS = 25;

  /// Results end here, so that no work can be left out as useless.
  private static final DoubleAdder SINK = new DoubleAdder();

  private Best() {}

  /// How much of `amount` (of all threads together) is done per second by `work`, which gets the
  /// number of the thread. All threads start a round together; it lasts until the last is done. The
  /// first rounds, still being compiled, lose by themselves.
  public static double rate(int threads, DoubleSupplier amount, IntToDoubleFunction work) {
    Start start = new Start(threads);
    List<Thread> others = new ArrayList<>();
    for (int i = 1; i < threads; i++) {
      int number = i;
      others.add(
          Thread.ofPlatform()
              .name("peak-" + number)
              .daemon()
              .start(() -> rounds(start, number, work)));
    }
    rounds(start, 0, work);
    others.forEach(Best::join);
    return amount.getAsDouble() * threads / (start.shortest() * 1e-9);
  }

  private static void rounds(Start start, int number, IntToDoubleFunction work) {
    boolean done = false;
    try {
      start.await();
      for (int i = 0; i < ROUNDS; i++) {
        SINK.add(work.applyAsDouble(number));
        start.await();
      }
      done = true;
    } finally {
      if (!done) {
        // Else the others wait for this thread forever.
        start.forceTermination();
      }
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while measuring a peak", interrupted);
    }
  }

  /// Where the threads meet before every round, and when they did.
  private static final class Start extends Phaser {
    private final long[] marks = new long[ROUNDS + 1];

    Start(int threads) {
      super(threads);
    }

    void await() {
      if (arriveAndAwaitAdvance() < 0 && !over(getPhase())) {
        throw new IllegalStateException("another thread failed while measuring a peak");
      }
    }

    @Override
    protected boolean onAdvance(int phase, int parties) {
      marks[phase] = System.nanoTime();
      return phase == ROUNDS;
    }

    /// Whether it ended after the last round: a phase keeps its number when it is terminated.
    private static boolean over(int phase) {
      return (phase & Integer.MAX_VALUE) > ROUNDS;
    }

    long shortest() {
      long shortest = Long.MAX_VALUE;
      for (int i = 0; i < ROUNDS; i++) {
        shortest = Math.min(shortest, marks[i + 1] - marks[i]);
      }
      return shortest;
    }
  }
}
