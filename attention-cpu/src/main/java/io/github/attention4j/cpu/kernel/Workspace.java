package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Result;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// What one run at a time works in: a bunch of panels for each worker and a ring of packed heads.
/// Kept between runs.
final class Workspace {
  private final FewQueriesSpace fewQueries = new FewQueriesSpace();
  private WeakReference<Bound> bound = new WeakReference<>(null);
  private Panel[][] panels = new Panel[0][];
  private PackedHead[] heads = new PackedHead[0];
  private double[][][] headScores = new double[0][][];
  private int ring;

  /// Units that were finished, and for each worker those taken from its share.
  final AtomicInteger finished = new AtomicInteger();

  private AtomicInteger[] shares = new AtomicInteger[0];

  /// Makes room for this many workers, panels of each, and packed heads.
  void prepare(int workers, int bunch, int packedHeads) {
    if (panels.length < workers) {
      int from = panels.length;
      panels = Arrays.copyOf(panels, workers);
      shares = Arrays.copyOf(shares, workers);
      for (int i = from; i < workers; i++) {
        shares[i] = new AtomicInteger();
        panels[i] = new Panel[] {new Panel()};
      }
    }
    for (int i = 0; i < workers; i++) {
      int from = panels[i].length;
      if (from < bunch) {
        panels[i] = Arrays.copyOf(panels[i], bunch);
        for (int n = from; n < bunch; n++) {
          panels[i][n] = new Panel(panels[i][0]);
        }
      }
    }
    finished.set(0);
    for (int i = 0; i < workers; i++) {
      shares[i].set(0);
      panels[i][0].own.taken.set(Integer.MAX_VALUE);
    }
    if (heads.length < packedHeads) {
      int from = heads.length;
      heads = Arrays.copyOf(heads, packedHeads);
      for (int i = from; i < packedHeads; i++) {
        heads[i] = new PackedHead();
      }
    }
    ring = packedHeads;
    for (int i = 0; i < packedHeads; i++) {
      heads[i].packed.set(0);
      heads[i].used.set(0);
    }
  }

  /// The scores of all heads, `[heads][queries][keys]`, where they are normalized together; what
  /// they hold is of an earlier run.
  double[][][] headScores(int count, int queries, int keys) {
    if (headScores.length != count
        || (count > 0 && headScores[0].length != queries)
        || (count > 0 && queries > 0 && headScores[0][0].length != keys)) {
      headScores = new double[count][queries][keys];
    }
    return headScores;
  }

  /// What few queries need.
  FewQueriesSpace fewQueries() {
    return fewQueries;
  }

  /// The runs of certain inputs into a certain result.
  ///
  /// @param inputs the inputs, by identity
  /// @param into the result, by identity
  /// @param first the run to try
  /// @param other the run if that declines
  /// @param result what is returned
  /// @param settled what was read beforehand
  record Bound(
      Inputs inputs,
      @Nullable Result into,
      PreparedRun first,
      PreparedRun other,
      Result result,
      SettledNumbers settled) {}

  /// The last runs, if nothing collected them and they are of these inputs and this result.
  @Nullable Bound bound(Inputs inputs, @Nullable Result into) {
    Bound last = bound.get();
    return last != null && last.inputs == inputs && last.into == into && last.settled.unchanged()
        ? last
        : null;
  }

  /// Remembers runs; not so firmly that arrays nobody else holds would stay.
  void remember(Bound runs) {
    bound = new WeakReference<>(runs);
  }

  /// A panel of a worker.
  Panel panel(int worker, int number) {
    return panels[worker][number];
  }

  /// How many units were taken from the share of a worker.
  AtomicInteger share(int worker) {
    return shares[worker];
  }

  /// The place in the ring of a unit.
  PackedHead head(int unit) {
    return heads[unit % ring];
  }

  /// Places in the ring.
  int heads() {
    return ring;
  }
}
