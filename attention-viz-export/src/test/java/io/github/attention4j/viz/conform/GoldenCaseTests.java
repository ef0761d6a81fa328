package io.github.attention4j.viz.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.viz.conform.Verdict.Outcome;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The contract of every provider found on the path: each golden case is right, or refused as {@link
 * ExpectedRefusals} says.
 */
final class GoldenCaseTests {
  private static final AttentionProviders PROVIDERS = AttentionProviders.load();

  /** What is computed from given weights, on no provider. */
  private static final Set<String> ANALYSES =
      Set.of("head_metrics", "attention_rollout", "attention_flow", "dtw", "whisper_alignment");

  static List<Path> cases() throws IOException, URISyntaxException {
    return GoldenCases.find(
        Path.of(Objects.requireNonNull(GoldenCaseTests.class.getResource("/cases")).toURI()));
  }

  @Test
  void everyProviderOfTheProjectIsFound() {
    Set<String> found =
        PROVIDERS.all().stream().map(AttentionProvider::id).collect(Collectors.toSet());
    assertTrue(found.containsAll(Set.of("cpu", "onnx", "reference", "example")), found::toString);
  }

  @TestFactory
  Stream<DynamicNode> everyCaseOnEveryProvider() {
    return Stream.concat(
        PROVIDERS.all().stream().map(provider -> dynamicContainer(provider.id(), tests(provider))),
        Stream.of(
            dynamicContainer("onnx, fused dialect", tests(onnx("onnx.dialect", "fused"))),
            dynamicContainer("onnx, spelled out", tests(onnx("onnx.opset", "21")))));
  }

  private static AttentionProvider onnx(String option, String value) {
    return AttentionProviders.load(Settings.defaults().option(option, value)).named("onnx");
  }

  private static Stream<DynamicNode> tests(AttentionProvider provider) {
    try {
      List<String> refusals = new ArrayList<>();
      List<Path> cases = cases();
      assertTrue(cases.size() >= 199, () -> "only " + cases.size() + " cases");
      Stream<DynamicNode> each =
          cases.stream()
              .map(folder ->
                  dynamicTest(
                      folder.getFileName().toString(), () -> check(folder, provider, refusals)));
      return Stream.concat(
          each,
          Stream.of(
              dynamicTest(
                  "every expected refusal happens",
                  () -> ExpectedRefusals.requireAll(provider.id(), refusals))));
    } catch (IOException | URISyntaxException unreadable) {
      throw new IllegalStateException(unreadable);
    }
  }

  private static void check(Path folder, AttentionProvider provider, List<String> refusals)
      throws IOException {
    GoldenCase golden = GoldenCases.read(folder);
    Verdict verdict = Conformance.judge(golden, provider);
    assertEquals(provider.id(), verdict.provider());
    switch (verdict.outcome()) {
      case PASS -> {
        assertFalse(verdict.computed().isEmpty(), "nothing was compared");
        assertTrue(
            verdict.device().startsWith(provider.id() + " (")
                || (verdict.device().isEmpty() && ANALYSES.contains(golden.mechanism())),
            () -> provider.id() + " was asked, '" + verdict.device() + "' ran");
      }
      case REFUSED -> {
        refusals.add(ExpectedRefusals.key(golden.name(), verdict.detail()));
        assertTrue(
            ExpectedRefusals.covers(provider.id(), golden.name(), verdict.detail()),
            () -> "refused, which is not expected: " + verdict.detail());
      }
      case FAIL, NOT_UNDERSTOOD -> fail(Conformance.line(verdict));
    }
  }

  @Test
  void aCaseOfAnUnknownMechanismIsNotUnderstood() throws IOException, URISyntaxException {
    GoldenCase golden = GoldenCases.read(cases().getFirst());
    GoldenCase unknown =
        new GoldenCase(
            golden.name(),
            "telepathy",
            golden.params(),
            golden.masks(),
            golden.inputs(),
            golden.expected(),
            golden.tolerance(),
            false);
    Verdict verdict = Conformance.judge(unknown, PROVIDERS.named("reference"));
    assertEquals(Outcome.NOT_UNDERSTOOD, verdict.outcome());
    assertTrue(verdict.detail().contains("telepathy"), verdict.detail());
  }
}
