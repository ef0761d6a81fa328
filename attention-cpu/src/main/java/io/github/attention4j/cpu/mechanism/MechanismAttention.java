package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.cpu.kernel.Engine;
import io.github.attention4j.cpu.plan.Captures;
import io.github.attention4j.cpu.plan.ResultArrays;
import java.util.List;
import java.util.Set;

/// A prepared mechanism that is not pairwise.
public final class MechanismAttention implements Attention {
  private final Request request;
  private final Engine engine;
  private final Computation computation;
  private volatile boolean closed;

  private MechanismAttention(Request request, Engine engine, Computation computation) {
    this.request = request;
    this.engine = engine;
    this.computation = computation;
  }

  /// Why a request cannot run; empty if it can.
  public static List<String> unsupported(Request request) {
    return Captures.undefined(request);
  }

  /// Prepares a request that is supported.
  ///
  /// @throws IllegalArgumentException for a pairwise mechanism, which the engine itself runs
  public static Attention prepare(Request request, Engine engine) {
    Set<Capture> captures = request.captures();
    Computation computation =
        switch (request.mechanism()) {
          case Mechanism.Pairwise pairwise ->
              throw new IllegalArgumentException(
                  "mechanism: expected one that is not pairwise, got " + pairwise);
          case Mechanism.Linearized linearized -> new LinearizedKernel(linearized, captures);
          case Mechanism.Recurrent recurrent -> new RecurrentKernel(recurrent, captures);
          case Mechanism.LowRank lowRank -> new LowRankKernel(lowRank, captures);
          case Mechanism.Landmark landmark -> new LandmarkKernel(landmark, captures);
          case Mechanism.LongConvolution convolution ->
              new ConvolutionKernel(convolution, captures);
          case Mechanism.NtmAddressing() -> new NtmKernel(captures);
          case Mechanism.NearestKeys nearest -> new NearestKeysKernel(nearest, captures, engine);
          case Mechanism.MultiHop hop -> new MultiHopKernel(hop, captures);
          case Mechanism.WordMemory words -> new WordMemoryKernel(words, captures);
          case Mechanism.ProductKeys products -> new ProductKeysKernel(products, captures);
        };
    return new MechanismAttention(request, engine, computation);
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
    computation.run(inputs, results, engine.pool());
    return results.result();
  }

  @Override
  public void close() {
    closed = true;
  }
}
