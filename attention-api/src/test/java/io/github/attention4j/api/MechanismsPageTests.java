package io.github.attention4j.api;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Whoever adds a term adds its row to `docs/mechanisms.md`.
class MechanismsPageTests {
  @TestFactory
  Stream<DynamicTest> everyTermHasItsPlaceOnThePage() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "mechanisms.md"));
    return Stream.of(
            Mechanism.class,
            Score.class,
            Bias.class,
            Scope.class,
            Normalizer.class,
            FeatureMap.class)
        .flatMap(MechanismsPageTests::records)
        .map(Class::getSimpleName)
        .map(name ->
            DynamicTest.dynamicTest(
                name,
                () ->
                    assertTrue(
                        page.matches("(?s).*`[^`\n]*\\b" + name + "\\b[^`\n]*`.*"),
                        () -> "docs/mechanisms.md does not name " + name)));
  }

  private static Stream<Class<?>> records(Class<?> type) {
    return type.isRecord()
        ? Stream.of(type)
        : List.of(type.getPermittedSubclasses()).stream().flatMap(MechanismsPageTests::records);
  }
}
