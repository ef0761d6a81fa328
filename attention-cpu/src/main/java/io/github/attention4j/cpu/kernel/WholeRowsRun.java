package io.github.attention4j.cpu.kernel;

import io.github.attention4j.cpu.plan.PairwiseInputs;
import io.github.attention4j.cpu.plan.RowCaptures;

/// One run with a normalizer of [WholeRows]: all panels, then trees, then what was captured of all
/// rows.
final class WholeRowsRun implements PreparedRun {
  private final WholeRows rows;
  private final PairwiseRun panels;
  private final PairwiseArrays arrays;
  private final RowCaptures captures;
  private final WorkerPool pool;

  /// @param captures what is taken from the rows; the plan has no captures, which are of tiles
  WholeRowsRun(
      PairwisePlan plan,
      PairwiseInputs in,
      PairwiseArrays arrays,
      RowCaptures captures,
      WorkerPool pool,
      Workspace space) {
    this.arrays = arrays;
    this.captures = captures;
    this.pool = pool;
    rows = new WholeRows(plan, in, captures, space);
    panels = new PairwiseRun(plan, in, arrays, pool, space, rows);
  }

  @Override
  public boolean run() {
    captures.begin();
    panels.run();
    rows.trees(arrays, pool);
    captures.finish();
    return true;
  }
}
