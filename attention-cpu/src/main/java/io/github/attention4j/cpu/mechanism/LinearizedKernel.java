package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.Linearized;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.LinearizedInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import io.github.attention4j.cpu.plan.RowCaptures;
import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// [Linearized] in linear time: one task per key head walks along the sequence in chunks
/// ([LinearizedWalk]).
///
/// Weights of single keys (weights, top-k, pooled) are the quadratic form; they are asked for row
/// by row from [LogFeatureRows].
final class LinearizedKernel implements Computation {
  private final Linearized mechanism;
  private final Set<Capture> captures;
  private final ArrayDeque<Space> idle = new ArrayDeque<>();

  LinearizedKernel(Linearized mechanism, Set<Capture> captures) {
    this.mechanism = mechanism;
    this.captures = captures;
  }

  @Override
  public void run(Inputs inputs, ResultArrays results, WorkerPool pool) {
    Space space = take(pool.threads());
    try {
      Bound bound = space.bound(inputs, results.into());
      if (bound == null) {
        Run run = bind(inputs, results);
        bound = new Bound(inputs, results.into(), run, new LinearizedWalk[pool.threads()]);
        space.remember(bound);
      }
      walk(bound, space, pool);
      if (bound.run.rows().wantsRows()) {
        capture(bound.run, pool);
      }
    } finally {
      give(space);
    }
  }

  private Run bind(Inputs inputs, ResultArrays results) {
    LinearizedInputs in = new LinearizedInputs(mechanism, inputs);
    HeadInputs heads = in.heads();
    Tensor output =
        results.tensor(
            Result.OUTPUT, heads.batch(), heads.queryHeads(), heads.queries(), heads.valueSize());
    RowCaptures rows =
        new RowCaptures(
            captures, heads.batch(), heads.queryHeads(), heads.queries(), heads.keys(), results);
    State before =
        in.hasState()
            ? new State(
                inputs.tensor(LinearizedInputs.STATE_S), inputs.tensor(LinearizedInputs.STATE_Z))
            : null;
    State after = null;
    if (captures.contains(Capture.STATE)) {
      after =
          new State(
              results.tensor(
                  LinearizedInputs.STATE_S,
                  heads.batch(),
                  heads.keyHeads(),
                  in.features(),
                  heads.valueSize()),
              results.tensor(
                  LinearizedInputs.STATE_Z, heads.batch(), heads.keyHeads(), in.features()));
    }
    Tensor phiQ = null;
    Tensor phiK = null;
    if (captures.contains(Capture.STAGES)) {
      phiQ =
          results.tensor(
              "phi_q", heads.batch(), heads.queryHeads(), heads.queries(), in.features());
      phiK = results.tensor("phi_k", heads.batch(), heads.keyHeads(), heads.keys(), in.features());
    }
    return new Run(in, output, rows, before, after, phiQ, phiK);
  }

  private void walk(Bound bound, Space space, WorkerPool pool) {
    HeadInputs heads = bound.run.in().heads();
    int keyHeads = heads.keyHeads();
    pool.run(
        heads.batch() * keyHeads,
        (unit, worker) -> {
          LinearizedWalk walk = bound.walks[worker];
          if (walk == null) {
            walk = new LinearizedWalk(mechanism, bound.run, space.arrays(worker, bound.run));
            bound.walks[worker] = walk;
          }
          walk.run(unit / keyHeads, unit % keyHeads);
        });
  }

  private void capture(Run run, WorkerPool pool) {
    int queryHeads = run.in().heads().queryHeads();
    pool.run(
        run.in().heads().batch() * queryHeads,
        (unit, _) ->
            new LogFeatureRows(mechanism.features(), run.in(), run.before())
                .capture(unit / queryHeads, unit % queryHeads, run.rows()));
    run.rows().finish();
  }

  private synchronized Space take(int threads) {
    Space space = idle.pollLast();
    return space == null ? new Space(threads) : space;
  }

  private synchronized void give(Space space) {
    idle.addLast(space);
  }

  /// What one run at a time works in: arrays for each worker, and the last run, held no longer than
  /// memory allows.
  private final class Space {
    private final @Nullable LinearizedArrays[] arrays;
    private WeakReference<Bound> last = new WeakReference<>(null);

    Space(int threads) {
      arrays = new LinearizedArrays[threads];
    }

    LinearizedArrays arrays(int worker, Run run) {
      LinearizedArrays own = arrays[worker];
      if (own == null || !own.fit(run.in())) {
        own = new LinearizedArrays(mechanism, run.in());
        arrays[worker] = own;
      }
      return own;
    }

    /// The last run, if it was of these inputs into this result.
    @Nullable Bound bound(Inputs inputs, @Nullable Result into) {
      Bound bound = last.get();
      return bound != null && bound.inputs == inputs && bound.into == into ? bound : null;
    }

    /// Remembers a run that fills a result again, reads no lengths beforehand, and sums no rows.
    void remember(Bound bound) {
      boolean reads =
          bound.inputs.names().stream()
              .anyMatch(name -> bound.inputs.get(name) instanceof LongTensor);
      if (bound.into != null && !reads && !bound.run.rows().wantsRows()) {
        last = new WeakReference<>(bound);
      }
    }
  }

  /// A run of certain inputs into a certain result.
  private static final class Bound {
    final Inputs inputs;
    final @Nullable Result into;
    final Run run;
    final @Nullable LinearizedWalk[] walks;

    Bound(Inputs inputs, @Nullable Result into, Run run, @Nullable LinearizedWalk[] walks) {
      this.inputs = inputs;
      this.into = into;
      this.run = run;
      this.walks = walks;
    }
  }

  /// $\sum_j \phi(k_j) v_j^\top$ and $\sum_j \phi(k_j)$.
  record State(Tensor s, Tensor z) {}

  /// The arrays of one run.
  record Run(
      LinearizedInputs in,
      Tensor output,
      RowCaptures rows,
      @Nullable State before,
      @Nullable State after,
      @Nullable Tensor phiQ,
      @Nullable Tensor phiK) {}
}
