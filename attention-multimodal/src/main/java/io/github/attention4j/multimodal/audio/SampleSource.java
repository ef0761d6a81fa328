package io.github.attention4j.multimodal.audio;

import java.io.IOException;

/// Mono sound that comes in pieces, so that its length does not matter. For one thread at a time.
public interface SampleSource extends AutoCloseable {
  /// Samples per second.
  int samplingRate();

  /// Puts the next samples, in -1..1, where they belong.
  ///
  /// @param length how many at most, above 0
  /// @return how many; -1 at the end
  int read(float[] into, int from, int length) throws IOException;

  @Override
  void close() throws IOException;
}
