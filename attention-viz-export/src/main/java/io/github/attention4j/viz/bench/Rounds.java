package io.github.attention4j.viz.bench;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.spi.AttentionProvider;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Measures several contestants in interleaved rounds: each round gives every one a turn, the first
/// place rotating, so that whatever changes in a machine with time changes for all of them.
///
/// Preparing is not timed. The first run is timed alone, then each warms up until the compiler has
/// had its time; a turn repeats the run often enough for the clock. Outputs go into the arrays of
/// the first run.
final class Rounds implements AutoCloseable {
  /**
   * Between turns: threads that spin for a while after a run must not take from the next. Those of
   * ONNX Runtime were measured to do so for more than 10 ms.
   */
  private static final long PAUSE_MILLIS = 60;

  private static final int MOST_WINDOWS = 15;

  /** One is not enough: a large method can take the compiler longer than a window. */
  private static final int QUIET_WINDOWS = 2;

  private static final double STILL_FASTER = 0.9;

  /** Less of the compilers' time in a window is small methods of no account. */
  private static final long STILL_COMPILING_MILLIS = 20;

  private final Pace pace;
  private final Map<String, Measurement> excluded = new LinkedHashMap<>();
  private final Map<String, Entrant> entrants = new LinkedHashMap<>();

  Rounds(Pace pace) {
    this.pace = pace;
  }

  private static final class Entrant {
    final Attention attention;
    final Inputs inputs;
    final Result result;
    final double firstSeconds;
    final double firstAllocated;
    final List<Double> seconds = new ArrayList<>();
    double allocated;
    int repetitions = 1;

    Entrant(Attention attention, Inputs inputs) {
      this.attention = attention;
      this.inputs = inputs;
      double before = ProcessMemory.allocatedBytes();
      long start = System.nanoTime();
      result = attention.run(inputs);
      firstSeconds = seconds(start);
      firstAllocated = ProcessMemory.allocatedBytes() - before;
    }

    /** Seconds of one run, over `repetitions` of them. */
    double turn() {
      long start = System.nanoTime();
      for (int i = 0; i < repetitions; i++) {
        attention.run(inputs, result);
      }
      return seconds(start) / repetitions;
    }

    /**
     * Runs for a while, and again until two windows in a row neither made it faster nor saw the
     * compilers finish something large.
     */
    void warmUp(Pace pace) {
      double best = window(pace);
      int quiet = 0;
      for (int i = 1; i < MOST_WINDOWS && quiet < QUIET_WINDOWS; i++) {
        double before = best;
        long compiled = CompilerTime.millis();
        best = Math.min(best, window(pace));
        boolean moving =
            best < STILL_FASTER * before
                || CompilerTime.millis() - compiled >= STILL_COMPILING_MILLIS;
        quiet = moving ? 0 : quiet + 1;
      }
      repetitions = (int) Math.clamp(Math.ceil(pace.turnSeconds() / best), 1, 1_000_000);
    }

    /** The fastest run of a while; at least one. */
    private double window(Pace pace) {
      long start = System.nanoTime();
      double best = Double.POSITIVE_INFINITY;
      do {
        best = Math.min(best, turn());
      } while (seconds(start) < pace.warmUpSeconds());
      return best;
    }

    private static double seconds(long start) {
      return Math.max(1, System.nanoTime() - start) * 1e-9;
    }
  }

  /// Adds a contestant of this name, which runs once. What it refuses, or fails with, is kept as
  /// its measurement.
  void add(String name, Contestant contestant, Work work) {
    if (contestant.provider().isEmpty()) {
      excluded.put(name, new Measurement.Refused(contestant.absence()));
      return;
    }
    AttentionProvider provider = contestant.provider().get();
    List<String> reasons = provider.unsupported(work.request());
    if (!reasons.isEmpty()) {
      excluded.put(name, new Measurement.Refused(String.join("; ", reasons)));
      return;
    }
    guarded(
        name,
        () -> {
          Attention attention = provider.prepare(work.request());
          try {
            entrants.put(name, new Entrant(attention, work.inputs()));
          } finally {
            if (!entrants.containsKey(name)) {
              attention.close();
            }
          }
        });
  }

  /// The outputs of the first runs by name, of those that ran.
  Map<String, Result> results() {
    Map<String, Result> results = new LinkedHashMap<>();
    entrants.forEach((name, entrant) -> results.put(name, entrant.result));
    return results;
  }

  /// The first runs alone, for what takes too long to be repeated.
  Map<String, Measurement> firstRuns() {
    Map<String, Measurement> all = new LinkedHashMap<>(excluded);
    entrants.forEach((name, entrant) ->
        all.put(
            name,
            new Measurement.Timed(
                new Samples(List.of(entrant.firstSeconds)),
                entrant.firstSeconds,
                entrant.firstAllocated,
                entrant.attention.kernel())));
    return all;
  }

  /// Warms up and runs all rounds; a measurement for every name that was added.
  Map<String, Measurement> run() {
    for (String name : List.copyOf(entrants.keySet())) {
      guarded(name, () -> entrant(name).warmUp(pace));
    }
    for (int round = 0; round < pace.rounds(); round++) {
      List<String> names = List.copyOf(entrants.keySet());
      for (int turn = 0; turn < names.size(); turn++) {
        String name = names.get((round + turn) % names.size());
        guarded(name, () -> turn(entrant(name)));
      }
    }
    Map<String, Measurement> all = new LinkedHashMap<>(excluded);
    entrants.forEach((name, entrant) ->
        all.put(
            name,
            new Measurement.Timed(
                new Samples(entrant.seconds),
                entrant.firstSeconds,
                entrant.allocated / entrant.seconds.size(),
                entrant.attention.kernel())));
    return all;
  }

  private Entrant entrant(String name) {
    return Objects.requireNonNull(entrants.get(name));
  }

  private static void turn(Entrant entrant) {
    pause();
    double before = ProcessMemory.allocatedBytes();
    entrant.seconds.add(entrant.turn());
    entrant.allocated += (ProcessMemory.allocatedBytes() - before) / entrant.repetitions;
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while measuring", interrupted);
    }
  }

  /** Whoever fails leaves the contest with the reason; the others go on. */
  private void guarded(String name, Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | OutOfMemoryError failure) {
      excluded.put(name, new Measurement.Failed(OneLine.of(failure)));
      Entrant entrant = entrants.remove(name);
      if (entrant != null) {
        entrant.attention.close();
      }
    }
  }

  /// Closes what was prepared.
  @Override
  public void close() {
    entrants.values().forEach(entrant -> entrant.attention.close());
  }
}
