package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Linearized;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.LinearizedInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import io.github.attention4j.cpu.plan.RowCaptures;
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

  LinearizedKernel(Linearized mechanism, Set<Capture> captures) {
    this.mechanism = mechanism;
    this.captures = captures;
  }

  @Override
  public void run(Inputs inputs, ResultArrays results, WorkerPool pool) {
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
    Run run = new Run(in, output, before, after, phiQ, phiK);
    int units = heads.batch() * heads.keyHeads();
    LinearizedWalk[] walks = new LinearizedWalk[pool.threads()];
    pool.run(
        units,
        (unit, worker) -> {
          LinearizedWalk walk = walks[worker];
          if (walk == null) {
            walk = new LinearizedWalk(mechanism, run);
            walks[worker] = walk;
          }
          walk.run(unit / heads.keyHeads(), unit % heads.keyHeads());
        });
    if (rows.wantsRows()) {
      pool.run(
          heads.batch() * heads.queryHeads(),
          (unit, _) ->
              new LogFeatureRows(mechanism.features(), in, before)
                  .capture(unit / heads.queryHeads(), unit % heads.queryHeads(), rows));
      rows.finish();
    }
  }

  /// $\sum_j \phi(k_j) v_j^\top$ and $\sum_j \phi(k_j)$.
  record State(Tensor s, Tensor z) {}

  /// The arrays of one run.
  record Run(
      LinearizedInputs in,
      Tensor output,
      @Nullable State before,
      @Nullable State after,
      @Nullable Tensor phiQ,
      @Nullable Tensor phiK) {}
}
