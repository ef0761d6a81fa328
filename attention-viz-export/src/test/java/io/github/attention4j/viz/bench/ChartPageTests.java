package io.github.attention4j.viz.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.viz.bench.Trajectory.Point;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ChartPageTests {
  private static Point point(long length, double seconds) {
    return new Point(
        length,
        new Measurement.Timed(new Samples(List.of(seconds)), seconds, 0, ""),
        OptionalDouble.of(1024.0 * length),
        OptionalDouble.of(1e-7));
  }

  private static final ComparisonFigures FIGURES =
      new ComparisonFigures(
          new Machine(
              Map.of("processor", "<fast> & \"small\""),
              2,
              OptionalDouble.empty(),
              OptionalDouble.empty(),
              OptionalDouble.empty()),
          "cpu",
          Instant.EPOCH,
          Duration.ofSeconds(1),
          Pace.quick(),
          List.of(
              new Trajectory(
                  "square",
                  Family.SOFTMAX,
                  List.of(point(256, 1e-3), point(512, 4e-3), point(1024, 16e-3)),
                  Optional.empty()),
              new Trajectory(
                  "refused <one>", Family.KERNEL, List.of(), Optional.of("refused: no kernel"))));

  @Test
  void growthIsFitted() {
    assertEquals(2, FIGURES.trajectories().getFirst().timeExponent().orElseThrow(), 1e-12);
  }

  @Test
  void everyChartIsWellFormed() {
    Matcher charts =
        Pattern.compile("<svg id=.*?</svg>", Pattern.DOTALL).matcher(ChartPage.of(FIGURES));
    int found = 0;
    while (charts.find()) {
      found++;
      assertTrue(charts.group().contains("role=\"img\" aria-labelledby="));
      // One line and three markers: what was refused has none.
      assertEquals(1, elements(charts.group(), "polyline"));
      assertEquals(3, elements(charts.group(), "path"));
    }
    assertEquals(3, found);
  }

  /** How many elements of this name there are; fails unless all elements are closed in order. */
  private static int elements(String svg, String name) {
    Deque<String> open = new ArrayDeque<>();
    int count = 0;
    Matcher tags =
        Pattern.compile("<(/?)([a-z]+)((?:\\s+[a-zA-Z0-9-]+=\"[^\"<>]*\")*)\\s*(/?)>|[<>]")
            .matcher(svg);
    while (tags.find()) {
      String tag = tags.group(2);
      assertTrue(tag != null, () -> "a stray " + tags.group());
      if (tags.group(1).equals("/")) {
        assertEquals(open.pop(), tag);
        continue;
      }
      count += tag.equals(name) ? 1 : 0;
      if (tags.group(4).isEmpty()) {
        open.push(tag);
      }
    }
    assertTrue(open.isEmpty(), open::toString);
    return count;
  }

  @Test
  void nothingIsLoadedAndTextIsEscaped() {
    String page = ChartPage.of(FIGURES);
    assertFalse(Pattern.compile("https?:|src=|<script|@import").matcher(page).find());
    assertFalse(page.contains("{{"));
    assertTrue(page.contains("&lt;fast&gt; &amp; &quot;small&quot;"));
    assertTrue(page.contains("refused &lt;one&gt;"));
    assertTrue(page.contains("refused: no kernel"));
  }

  @Test
  void axesEndAtWholeSteps() {
    LogAxis axis = LogAxis.over(List.of(3e-4, 0.02), 10, 100, 0);
    assertEquals(1e-4, axis.low(), 1e-12);
    assertEquals(0.1, axis.high(), 1e-9);
    assertEquals(4, axis.steps(10).size());
    assertEquals(100, axis.at(1e-4), 1e-9);
    assertEquals(0, axis.at(0.1), 1e-9);
  }

  @Test
  void theTableGivesReasons() {
    List<String> lines = ComparisonTable.lines(FIGURES);
    assertTrue(lines.stream().anyMatch(line -> line.startsWith("refused <one> [1]")));
    assertTrue(lines.contains("[1] refused: no kernel"));
  }
}
