package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import io.github.attention4j.cpu.plan.RowCaptures;

/// A prepared pairwise attention whose normalizer needs whole rows of scores.
final class WholeRowsAttention implements Attention {
  private final Request request;
  private final PairwisePlan plan;
  private final Engine engine;
  private final WorkerPool pool;
  private volatile boolean closed;

  WholeRowsAttention(Request request, Engine engine) {
    this.request = request;
    this.engine = engine;
    // Captures are taken from the rows, not from tiles.
    plan = new PairwisePlan(Request.of(request.mechanism()));
    // Cells sum over the rows of a head, whose panels may run on different threads: one thread
    // keeps the order.
    boolean pools = request.captures().stream().anyMatch(Capture.Pooled.class::isInstance);
    pool = pools ? new WorkerPool(1) : engine.pool();
  }

  @Override
  public Request request() {
    return request;
  }

  @Override
  public String device() {
    return engine.device();
  }

  @Override
  public Result run(Inputs inputs) {
    return run(inputs, new ResultArrays(null));
  }

  @Override
  public Result run(Inputs inputs, Result into) {
    return run(inputs, new ResultArrays(into));
  }

  private Result run(Inputs inputs, ResultArrays results) {
    if (closed) {
      throw new IllegalStateException("attention: it was closed");
    }
    PairwiseInputs in = new PairwiseInputs(plan.mechanism, inputs);
    PairwiseArrays arrays = PairwiseArrays.of(plan, in, results);
    RowCaptures captures =
        new RowCaptures(
            request.captures(), in.batch(), in.queryHeads(), in.queries(), in.keys(), results);
    WholeRows rows = new WholeRows(in, arrays, captures);
    new PairwiseRun(plan, in, arrays, pool, new Workspace(), rows).run();
    rows.finish(pool);
    return results.result();
  }

  @Override
  public void close() {
    closed = true;
  }
}
