package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Settings;
import java.util.List;

/// The vector kernels of one configured provider. The only door to this package: whoever may run
/// without `jdk.incubator.vector` must not load it.
public final class Engine {
  private final WorkerPool pool;

  /// Kernels on as many threads as the settings say.
  public Engine(Settings settings) {
    pool = new WorkerPool(settings.actualThreads());
  }

  /// The threads.
  public WorkerPool pool() {
    return pool;
  }

  /// Why there is no usable vector shape; empty if there is one.
  public static List<String> unsupported() {
    return Lanes.LENGTH < 4
        ? List.of(
            "the widest vector shape of this machine, "
                + Lanes.SPECIES.vectorBitSize()
                + " bits, holds fewer than 4 floats")
        : List.of();
  }

  /// The vector shape, for people.
  public static String shape() {
    return Lanes.SPECIES.vectorBitSize() + "-bit vectors, " + Lanes.LENGTH + " lanes";
  }

  /// Who runs it and where.
  public String device() {
    return "cpu ("
        + Lanes.SPECIES.vectorBitSize()
        + "-bit vectors, "
        + pool.threads()
        + (pool.threads() == 1 ? " thread)" : " threads)");
  }

  /// Why the kernels cannot run a request; empty if they can.
  public List<String> unsupported(Request request) {
    return switch (request.mechanism()) {
      case Mechanism.Pairwise _ -> PairwisePlan.unsupported(request);
      case Mechanism.Linearized _,
          Mechanism.Recurrent _,
          Mechanism.LowRank _,
          Mechanism.Landmark _,
          Mechanism.LongConvolution _,
          Mechanism.NtmAddressing _,
          Mechanism.NearestKeys _,
          Mechanism.MultiHop _,
          Mechanism.WordMemory _,
          Mechanism.ProductKeys _ ->
          List.of("there is no kernel for " + request.mechanism().getClass().getSimpleName());
    };
  }

  /// Prepares a request that is supported.
  public Attention prepare(Request request) {
    return new PairwiseAttention(request, this);
  }
}
