package io.github.attention4j.multimodal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.stream.Stream;

/** Every provider on the test path, and what its results are compared with. */
final class Providers {
  private Providers() {}

  /** All three of the project: a missing one fails, it does not pass unseen. */
  static Stream<AttentionProvider> all() {
    AttentionProviders found = AttentionProviders.load();
    return Stream.of("cpu", "onnx", "reference").map(found::named);
  }

  /** The preferred one: fast enough for many runs. */
  static AttentionProvider fastest() {
    return all().findFirst().orElseThrow();
  }

  static Safetensors resource(String path) throws IOException {
    try (InputStream in = Providers.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IOException("no test resource " + path);
      }
      return Safetensors.of(path, in.readAllBytes());
    }
  }

  /**
   * Compares with the float64 expectation where there is one: |Δ| ≤ 1e-4, or twice the error of the
   * expected float32 result.
   *
   * @return the largest difference
   */
  static double compare(Safetensors io, String name, NdArray actual) {
    float[] expected32 = io.tensor("expected." + name).toArray();
    assertEquals(io.entry("expected." + name).shape(), actual.shape(), name);
    boolean exact = io.has("expected64." + name);
    double[] expected = exact ? io.doubles("expected64." + name) : io.doubles("expected." + name);
    double tolerance = 1e-4;
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      tolerance = Math.max(tolerance, 2 * Math.abs(expected32[i] - expected[i]));
    }
    for (int i = 0; i < expected.length; i++) {
      double value = ((Tensor) actual).at(i);
      largest = Math.max(largest, Math.abs(value - expected[i]));
      if (!(Math.abs(value - expected[i]) <= tolerance)) {
        throw new AssertionError(
            String.format(
                Locale.ROOT,
                "%s[%d]: expected %.9g within %.3g, got %.9g",
                name,
                i,
                expected[i],
                tolerance,
                value));
      }
    }
    return largest;
  }
}
