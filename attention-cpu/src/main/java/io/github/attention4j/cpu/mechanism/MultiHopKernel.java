package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.MultiHop;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.HopInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import java.util.Set;

/// [MultiHop]: one task per batch entry.
final class MultiHopKernel implements Computation {
  private final MultiHop mechanism;
  private final Set<Capture> captures;
  private final Scratch scratch = new Scratch();

  MultiHopKernel(MultiHop mechanism, Set<Capture> captures) {
    this.mechanism = mechanism;
    this.captures = captures;
  }

  @Override
  public void run(Inputs inputs, ResultArrays results, WorkerPool pool) {
    HopInputs in = HopInputs.of(mechanism, inputs);
    HopState hops =
        new HopState(in.hops(), in.batch(), in.memories(), in.size(), captures, results);
    Tensor keys = inputs.tensor(HopInputs.MEMORY_KEY);
    Tensor values = inputs.tensor(HopInputs.MEMORY_VALUE);
    Scratch.Worker[] workers = scratch.take(pool.threads());
    try {
      pool.run(
          in.batch(),
          (b, worker) -> {
            Scratch.Worker own = workers[worker];
            own.rewind();
            int size = in.size();
            int valid = in.scope().keys(b);
            float[] u = own.floats(size);
            float[] o = own.floats(size);
            float[] p = own.floats(in.memories());
            float[] m = own.floats(valid * size);
            float[] c = own.floats(valid * size);
            Floats.read(inputs.tensor(Inputs.QUERY), (long) b * size, u, 0, size);
            hops.state(0, b, u);
            for (int hop = 0; hop < in.hops(); hop++) {
              long from = ((long) hop * in.batch() + b) * in.memories() * size;
              Floats.read(keys, from, m, 0, valid * size);
              Floats.read(values, from, c, 0, valid * size);
              hops.read(hop, b, u, m, c, valid, p, o);
              Floats.add(u, 0, 1f, o, 0, size);
              hops.state(hop + 1, b, u);
            }
          });
    } finally {
      scratch.give(workers);
    }
  }
}
