package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.ResultArrays;

/// One mechanism with its captures, ready to run; keeps nothing between runs that a run may change.
@FunctionalInterface
interface Computation {
  /// Computes output and captures.
  void run(Inputs inputs, ResultArrays results, WorkerPool pool);
}
