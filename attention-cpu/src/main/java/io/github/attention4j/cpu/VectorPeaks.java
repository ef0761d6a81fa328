package io.github.attention4j.cpu;

import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.api.spi.MachinePeaks;
import io.github.attention4j.cpu.peak.Best;
import io.github.attention4j.cpu.peak.FusedMultiplyAdds;
import io.github.attention4j.cpu.peak.SequentialReads;
import java.util.List;

/// The ceilings of this machine, measured with the Vector API; refuses where the provider `cpu`
/// does.
public final class VectorPeaks implements MachinePeaks {
  /// For `ServiceLoader`.
  public VectorPeaks() {}

  @Override
  public String describe() {
    return unsupported().isEmpty() ? FusedMultiplyAdds.describe() : "not measured";
  }

  @Override
  public List<String> unsupported() {
    return Machine.reasons();
  }

  @Override
  public double operationsPerSecond(int threads) {
    check(threads);
    return Best.rate(threads, FusedMultiplyAdds::operations, FusedMultiplyAdds::run);
  }

  @Override
  public double readBytesPerSecond(int threads) {
    check(threads);
    try (SequentialReads reads = new SequentialReads(threads)) {
      return Best.rate(threads, reads::bytes, reads::run);
    }
  }

  private void check(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: expected >= 1, got " + threads);
    }
    List<String> reasons = unsupported();
    if (!reasons.isEmpty()) {
      throw new UnsupportedRequestException(String.join("; ", reasons));
    }
  }
}
