package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import io.github.attention4j.cpu.plan.RowCaptures;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// A prepared pairwise attention.
final class PairwiseAttention implements Attention {
  private final Request request;
  private final PairwisePlan plan;
  private final Engine engine;
  private final boolean wholeRows;
  private final ArrayDeque<Workspace> idle = new ArrayDeque<>();
  private boolean closed;

  PairwiseAttention(Request request, Engine engine) {
    this.request = request;
    this.engine = engine;
    wholeRows =
        !(((Mechanism.Pairwise) request.mechanism()).normalizer() instanceof Normalizer.Softmax);
    // Captures of whole rows are taken from these, not from tiles.
    plan = new PairwisePlan(wholeRows ? Request.of(request.mechanism()) : request);
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
    return compute(inputs, null);
  }

  @Override
  public Result run(Inputs inputs, Result into) {
    return compute(inputs, into);
  }

  /// The same inputs into the same result, as in a loop over contents that change, are checked once
  /// and cost no allocation.
  private Result compute(Inputs inputs, @Nullable Result into) {
    Workspace space = take();
    try {
      Workspace.Bound runs = into == null ? null : space.bound(inputs, into);
      if (runs == null) {
        runs = bind(inputs, into, space);
        if (into != null && runs.settled().few()) {
          space.remember(runs);
        }
      }
      if (!runs.first().run()) {
        runs.other().run();
      }
      return runs.result();
    } finally {
      give(space);
    }
  }

  private Workspace.Bound bind(Inputs inputs, @Nullable Result into, Workspace space) {
    // Taken before they are read: what changes in between is seen at the next run.
    SettledNumbers settled =
        plan.readsLengths() ? SettledNumbers.of(inputs) : SettledNumbers.none();
    ResultArrays results = new ResultArrays(into);
    PairwiseInputs in = new PairwiseInputs(plan.mechanism, inputs);
    PairwiseArrays arrays = PairwiseArrays.of(plan, in, results);
    if (wholeRows) {
      PreparedRun rows = wholeRows(in, arrays, results, space);
      return new Workspace.Bound(inputs, into, rows, rows, results.result(), settled);
    }
    PreparedRun panels = new PairwiseRun(plan, in, arrays, engine.pool(), space);
    PreparedRun first =
        FewQueriesRun.fits(plan, in)
            ? new FewQueriesRun(plan, in, arrays, engine.pool(), space.fewQueries())
            : panels;
    return new Workspace.Bound(inputs, into, first, panels, results.result(), settled);
  }

  private PreparedRun wholeRows(
      PairwiseInputs in, PairwiseArrays arrays, ResultArrays results, Workspace space) {
    RowCaptures captures =
        new RowCaptures(
            request.captures(), in.batch(), in.queryHeads(), in.queries(), in.keys(), results);
    // Cells sum over the rows of a head, whose panels may run on different threads: one thread
    // keeps the order.
    boolean pools = request.captures().stream().anyMatch(Capture.Pooled.class::isInstance);
    WorkerPool pool = pools ? new WorkerPool(1) : engine.pool();
    return new WholeRowsRun(plan, in, arrays, captures, pool, space);
  }

  private synchronized Workspace take() {
    if (closed) {
      throw new IllegalStateException("attention: it was closed");
    }
    Workspace space = idle.pollLast();
    return space == null ? new Workspace() : space;
  }

  private synchronized void give(@Nullable Workspace space) {
    if (!closed && space != null) {
      idle.addLast(space);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    idle.clear();
  }
}
