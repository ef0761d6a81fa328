package io.github.attention4j.viz.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Result;
import io.github.attention4j.api.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReadmeTests {
  @Test
  void theExampleRuns() {
    Result result = ReadmeExample.run(new float[] {1, 0, 0, 1, 1, 1, 0, 0});
    assertEquals(Shape.of(1, 1, 4, 2), result.output().shape());
    assertEquals(1, result.weights().get(0, 0, 0, 0));
    assertEquals(0, result.weights().get(0, 0, 0, 1));
  }

  @Test
  void theReadmeShowsExactlyThisExample() throws IOException {
    List<String> source =
        Files.readAllLines(
            Path.of("src/test/java/io/github/attention4j/viz/example/ReadmeExample.java"));
    String example =
        String.join(
                "\n",
                source.subList(
                    source.indexOf("    // README begins") + 1,
                    source.indexOf("    // README ends")))
            .stripIndent();
    assertTrue(example.lines().count() > 5, example);
    String readme = Files.readString(Path.of("../README.md"));
    assertTrue(
        readme.contains("```java\n" + example + "\n```"),
        "expected this as a block of Java in README.md:\n" + example);
  }
}
