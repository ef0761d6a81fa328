package io.github.attention4j.onnx.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.api.spi.OperatorConformance.Outcome;
import io.github.attention4j.api.spi.OperatorConformance.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The standard's own tests of attention operators pass on the cpu provider. */
final class OnnxOperatorConformanceTests {
  private static final Path TESTS = Path.of("src/test/resources/onnx-node-tests");

  @TempDir Path folder;

  private final OnnxOperatorConformance conformance = new OnnxOperatorConformance();
  private final AttentionProvider provider = AttentionProviders.load().named("cpu");

  static Stream<Path> tests() throws IOException {
    return new OnnxOperatorConformance().find(TESTS).stream();
  }

  @ParameterizedTest
  @MethodSource("tests")
  void passes(Path test) throws IOException {
    Verdict verdict = conformance.judge(test, provider);
    assertEquals(Outcome.PASS, verdict.outcome(), verdict.detail());
    assertTrue(
        verdict.operators().startsWith("graph")
            ? verdict.device().startsWith("ONNX Runtime")
            : verdict.device().startsWith("cpu"),
        verdict.device());
  }

  @Test
  void refusesAFolderWithoutTests() {
    assertTrue(
        String.valueOf(
                assertThrows(IllegalArgumentException.class, () -> conformance.find(folder))
                    .getMessage())
            .contains("expected folders with model.onnx"));
  }

  @Test
  void findsASingleTest() throws IOException {
    Path one = conformance.find(TESTS).getFirst();
    assertEquals(List.of(one), conformance.find(one));
  }
}
