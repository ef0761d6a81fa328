package io.github.attention4j.multimodal.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.ModelRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MultimodalPageTests {
  private static final Path PAGE = Path.of("../docs/multimodal.md");

  private static Tensor noise(long... sizes) {
    Tensor tensor = Tensor.allocate(sizes);
    Random random = new Random(4);
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, (float) random.nextGaussian());
    }
    return tensor;
  }

  @Test
  void regionsKeepTheirBoxes() {
    AttentionMap map = FeatureExample.regions(noise(1, 3, 64), noise(1, 2, 128));
    assertEquals(Shape.of(4, 3, 2), map.weights().shape());
    assertEquals(Labels.Kind.REGION, map.keys().kind());
    assertEquals(300.0 / 640, map.keys().places().get(1).getFirst());
    assertEquals(1, map.weights().get(2, 1, 0) + map.weights().get(2, 1, 1), 1e-6);
  }

  @Test
  void framesKeepTheirTimes() {
    AttentionMap map = FeatureExample.frames(noise(1, 3, 64), noise(1, 50, 80));
    assertEquals(Shape.of(4, 3, 50), map.weights().shape());
    assertEquals(List.of(0.02, 0.04), map.keys().places().get(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"REGIONS", "FRAMES"})
  void thePageShowsExactlyTheseExamples(String mark) throws IOException {
    List<String> source =
        Files.readAllLines(
            Path.of("src/test/java/io/github/attention4j/multimodal/example/FeatureExample.java"));
    String example =
        String.join(
                "\n",
                source.subList(
                    source.indexOf("    // " + mark + " begins") + 1,
                    source.indexOf("    // " + mark + " ends")))
            .stripIndent();
    assertTrue(example.lines().count() > 5, example);
    assertTrue(
        Files.readString(PAGE).contains("```java\n" + example + "\n```"),
        "expected this as a block of Java in docs/multimodal.md:\n" + example);
  }

  @Test
  void thePageNamesEveryKnownArchitecture() throws IOException {
    String page = Files.readString(PAGE);
    for (String type : ModelRunner.knownTypes()) {
      assertTrue(page.contains("`" + type + "`"), type);
    }
  }
}
