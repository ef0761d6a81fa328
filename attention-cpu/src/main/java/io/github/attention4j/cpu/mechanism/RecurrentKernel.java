package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Recurrent;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.RecurrentInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import java.util.Set;

/// [Recurrent], with the state of a head in the cache: a [RecurrentWalk] per key head, or, where
/// the heads cannot be dealt out to the threads, per stretch of its value elements.
///
/// Columns of the state never meet: what a column reads, forgets and adds is its own. So cutting
/// between them changes no bit.
final class RecurrentKernel implements Computation {
  /// Value elements of a task: two vectors of 512 bits.
  private static final int STRETCH = 32;

  private final Recurrent mechanism;
  private final Set<Capture> captures;
  private final Scratch scratch = new Scratch();

  RecurrentKernel(Recurrent mechanism, Set<Capture> captures) {
    this.mechanism = mechanism;
    this.captures = captures;
  }

  @Override
  public void run(Inputs inputs, ResultArrays results, WorkerPool pool) {
    RecurrentInputs in = new RecurrentInputs(mechanism, inputs);
    HeadInputs heads = in.heads();
    Tensor output =
        results.tensor(
            Result.OUTPUT, heads.batch(), heads.queryHeads(), heads.queries(), heads.valueSize());
    int keySize = heads.keySize();
    int valueSize = heads.valueSize();
    // Without a capture the last state is dropped.
    Tensor last =
        captures.contains(Capture.STATE)
            ? results.tensor(
                RecurrentInputs.STATE, heads.batch(), heads.keyHeads(), keySize, valueSize)
            : null;
    int units = heads.batch() * heads.keyHeads();
    boolean enough = units >= 2 * pool.threads() || units % pool.threads() == 0;
    int width = enough ? Math.max(1, valueSize) : STRETCH;
    int stretches = Math.max(1, (valueSize + width - 1) / width);
    Scratch.Worker[] workers = scratch.take(pool.threads());
    try {
      pool.run(
          units * stretches,
          (task, worker) -> {
            Scratch.Worker own = workers[worker];
            own.rewind();
            int unit = task / stretches;
            int from = task % stretches * width;
            int count = Math.min(width, valueSize - from);
            RecurrentState state = new RecurrentState(keySize, count, own);
            long at = (long) unit * keySize * valueSize + from;
            if (in.hasState()) {
              state.read(inputs.tensor(RecurrentInputs.STATE), at, valueSize);
            }
            new RecurrentWalk(mechanism, in, inputs, from, count, state, own).run(unit, output);
            if (last != null) {
              state.write(last, at, valueSize);
            }
          });
    } finally {
      scratch.give(workers);
    }
  }
}
