package io.github.attention4j.viz.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel.Kind;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.viz.analysis.Traces;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The page in a real browser. */
class ReportInBrowserTests {
  /** Machines that build are busy: times of day may be this much longer than promised. */
  private static final double LENIENCE = 3;

  @TempDir private static Path folder;

  private static Browser browser;
  private static Path induction;

  @BeforeAll
  static void open() throws IOException {
    browser = Browser.open(folder.resolve("profile"));
    induction = folder.resolve("induction.html");
    Report.of(Traces.induction()).write(induction);
  }

  @AfterAll
  static void close() {
    if (browser != null) {
      browser.close();
    }
  }

  @Test
  void opensWithoutNetworkAndErrors() {
    browser.show(induction, "");
    assertEquals("Attention of induction", browser.find("h1").getText());
    assertTrue(browser.find("main").getText().contains("verified: rows sum to 1"));
    assertEquals(0, browser.number("return performance.getEntriesByType('resource').length"));
    browser.assertNoErrors();
  }

  @Test
  void everyViewDraws() {
    browser.show(induction, "");
    for (WebElement tab : browser.all("#tabs button")) {
      browser.after(tab::click);
      assertEquals("true", tab.getDomAttribute("aria-selected"));
      assertEquals(List.of(), browser.all("main p.none"), tab.getText());
      if (!browser.all("main canvas").isEmpty()) {
        assertTrue(browser.painted("main canvas") > 100, tab.getText());
      }
    }
    browser.assertNoErrors();
  }

  @Test
  void aLinkShowsTheCellOfTheTrace() {
    browser.show(induction, "#matrix?map=1&heads=1&query=20&key=9");
    float weight = Traces.induction().maps().get(1).weights().get(1, 20, 9);
    assertTrue(weight > 0.995);
    assertEquals("20 “m” looks at 9 “Z”: 1.00", browser.find("p.readout").getText());
    browser.show(induction, "#matrix?map=0&heads=2&query=5&key=4");
    assertEquals(
        String.format(
            java.util.Locale.ROOT,
            "5 “T” looks at 4 “x”: %.3f",
            Traces.induction().maps().get(0).weights().get(2, 5, 4)),
        browser.find("p.readout").getText());
  }

  @Test
  void theRoleTableLeadsToTheHead() {
    browser.show(induction, "#roles");
    WebElement row =
        browser.all("table.roles tbody tr").stream()
            .filter(found -> found.getText().startsWith("induction"))
            .findFirst()
            .orElseThrow();
    assertTrue(row.getText().contains("decoder 1."));
    browser.after(() -> row.findElement(org.openqa.selenium.By.cssSelector("td .link")).click());
    assertTrue(browser.hash().startsWith("#head?map=1&heads="), browser.hash());
    assertTrue(browser.painted("canvas.lines") > 1000);
  }

  @Test
  void worksWithoutAMouse() {
    browser.show(induction, "#matrix?map=0&heads=0");
    browser.after(() -> browser.find("body").sendKeys("]"));
    assertEquals("#matrix?map=0&heads=1", browser.hash());
    browser.after(() -> browser.find("body").sendKeys("}"));
    assertEquals("#matrix?map=1&heads=1", browser.hash());
    browser.show(induction, "#matrix?map=1&heads=1&query=0&key=0");
    WebElement heat = browser.find("canvas.heat");
    heat.sendKeys(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_RIGHT, "+", "0");
    assertTrue(browser.find("p.readout").getText().startsWith("2 “Q” looks at 1 “k”: "));
    assertEquals(browser.find("p.readout").getText(), browser.find("#live").getText());
    browser.after(() -> heat.sendKeys(Keys.ENTER));
    assertEquals("#matrix?map=1&heads=1&query=2&key=1", browser.hash());
    browser.show(induction, "#head?map=1&heads=1");
    browser.find("ol.query li:nth-child(21) button").sendKeys("");
    browser.script("document.querySelector('ol.query li:nth-child(21) button').focus()");
    assertTrue(browser.find("#live").getText().startsWith("20 “m” looks at 9 “Z” 1.00"));
    browser.assertNoErrors();
  }

  @Test
  void tokensStayTokens() throws IOException {
    List<String> hostile =
        List.of(
            "</script><script>alert(1)</script>",
            "\"'`&amp;<!--",
            "\u2028\u2029",
            "שלום",
            "👩‍🚀",
            "x".repeat(10_000),
            "\ud800",
            "<img src=x onerror=alert(1)>");
    Labels labels = Labels.tokens(hostile);
    Path file = folder.resolve("hostile.html");
    float[] even = new float[64];
    java.util.Arrays.fill(even, 1f / 8);
    Report.of(
            new AttentionTrace(
                List.of(Traces.map(Kind.ENCODER, 0, 1, labels, labels, even)),
                Map.of("text", String.join(" ", hostile))))
        .write(file);
    browser.show(file, "");
    // As numbers: a lone surrogate cannot travel between browser and driver.
    assertEquals(
        hostile.stream().map(text -> text.chars().mapToObj(c -> (long) c).toList()).toList(),
        browser.script(
            "return JSON.parse(document.getElementById('report').textContent).labels[0].texts"
                + ".map((text) => Array.from({length: text.length}, (_, i) => text.charCodeAt(i)))"));
    for (String view : List.of("overview", "head", "matrix")) {
      browser.show(file, "#" + view);
      assertEquals(0, browser.all("main img, main script").size(), view);
    }
    browser.assertNoErrors();
  }

  @Test
  void picturesCanBeTakenAway() {
    browser.show(induction, "#matrix?map=1&heads=1");
    for (WebElement button : browser.all(".take button")) {
      if (button.getText().startsWith("Save")) {
        button.click();
        browser.await("return document.getElementById('live').textContent.endsWith('saved')");
        browser.script("document.getElementById('live').textContent = ''");
      }
    }
    browser.assertNoErrors();
  }

  @Test
  void lightAndDark() {
    browser.show(induction, "");
    Object before = browser.script("return getComputedStyle(document.body).backgroundColor");
    browser.after(() -> browser.find("#theme").click());
    assertNotEquals(
        before, browser.script("return getComputedStyle(document.body).backgroundColor"));
  }

  @Test
  void patchesLieOverThePicture() throws IOException {
    List<List<Double>> places =
        List.of(List.of(), List.of(0.0, 0.0, 0.5, 1.0), List.of(0.5, 0.0, 1.0, 1.0));
    Labels labels = new Labels(Labels.Kind.PATCH, List.of("[CLS]", "left", "right"), places);
    Path file = folder.resolve("picture.html");
    byte[] pixels = new byte[3 * 20 * 10];
    java.util.Arrays.fill(pixels, (byte) 200);
    Report.of(
            new AttentionTrace(
                List.of(Traces.map(Kind.VISION, 0, 1, labels, labels, 0, 1, 0, 0, 0, 1, 1, 0, 0)),
                Map.of()))
        .with(Picture.of(Png.of(20, 10, pixels)))
        .write(file);
    browser.show(file, "#picture?map=0&heads=0&query=0");
    String pixel =
        "const c = document.querySelector('figure canvas'); return c.getContext('2d').getImageData("
            + "Math.round(c.width * arguments[0]), Math.round(c.height / 2), 1, 1).data[0]";
    assertEquals(200L, browser.script(pixel, 0.25));
    assertTrue((Long) browser.script(pixel, 0.75) < 120);
    assertTrue(browser.find("p.readout").getText().contains("1 “left” 1.00"));
    browser.assertNoErrors();
  }

  @Test
  void soundAndSpectrogram() throws IOException {
    Labels tokens = Labels.tokens(List.of("hello", "world"));
    Labels frames =
        new Labels(
            Labels.Kind.FRAME,
            List.of("0.0", "0.5"),
            List.of(List.of(0.0, 0.5), List.of(0.5, 1.0)));
    Path file = folder.resolve("sound.html");
    Report.of(
            new AttentionTrace(
                List.of(Traces.map(Kind.CROSS, 0, 1, tokens, frames, 0.9f, 0.1f, 0.2f, 0.8f)),
                Map.of()))
        .with(new Spectrogram(Tensor.of(new float[] {0, 1, 2, 3, 4, 5}, 2, 3), 1.0))
        .write(file);
    browser.show(file, "#sound?query=1");
    assertTrue(browser.painted("figure canvas") > 1000);
    assertTrue(browser.find("p.readout").getText().contains("1 “0.5” 0.800"));
    browser.show(file, "#alignment");
    assertTrue(browser.find("main").getText().contains("world"));
    browser.assertNoErrors();
  }

  @Test
  void aPairIsToldApart() throws IOException {
    Labels both = Labels.tokens(List.of("[CLS]", "cats", "[SEP]", "dogs", "[SEP]"));
    float[] even = new float[25];
    java.util.Arrays.fill(even, 0.2f);
    Path file = folder.resolve("pair.html");
    Report.of(
            new AttentionTrace(
                List.of(Traces.map(Kind.ENCODER, 0, 1, both, both, even)),
                Map.of("text", "cats", "pair", "dogs", "pair_start", "3")))
        .write(file);
    browser.show(file, "#head");
    assertEquals(3, browser.all("ol.query .segment-A").size());
    assertEquals(2, browser.all("ol.key .segment-B").size());
    String dashed =
        "return getComputedStyle(document.querySelector('ol.key .segment-B')).borderLeftStyle";
    assertEquals("dashed", browser.script(dashed));
    assertTrue(browser.find("p.pair").getText().contains("second text (dashed edge)"));
    double all = browser.painted("canvas.lines");
    browser.after(() -> browser.find("button[aria-label='show A → B']").click());
    assertEquals("#head?map=0&heads=0&pair=AB", browser.hash());
    assertTrue(browser.painted("canvas.lines") < all, "only some lines are left");
    browser.show(file, "#matrix?query=0&key=3");
    assertEquals("0 “[CLS]” (A) looks at 3 “dogs” (B): 0.200", browser.find("p.readout").getText());
    browser.assertNoErrors();
    browser.show(induction, "#head");
    assertEquals(List.of(), browser.all("p.pair"), "no legend where there is no pair");
  }

  @Test
  void aNarrowWindowKeepsShapes() throws IOException {
    Labels patches = Labels.tokens(IntStream.range(0, 64).mapToObj(i -> "word" + i).toList());
    Path file = folder.resolve("narrow.html");
    Report.of(
            new AttentionTrace(
                List.of(Traces.noise(Kind.ENCODER, 0, 2, patches)), Map.of("text", "words")))
        .write(file);
    browser.resize(420, 900);
    try {
      for (String view : List.of("", "#head", "#matrix", "#roles")) {
        browser.show(file, view);
        double over =
            browser.number(
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assertTrue(over <= 0, view + ": the page is " + over + " wider than the window");
      }
      browser.show(file, "#matrix");
      double width =
          browser.number(
              "return document.querySelector('canvas.heat').getBoundingClientRect().width");
      assertTrue(width <= 420, "the matrix is " + width + " wide");
      assertEquals(
          true,
          browser.script(
              "const tab = document.querySelector('#tab-matrix').getBoundingClientRect();"
                  + " return tab.left >= 0 && tab.right <= innerWidth"));
      browser.assertNoErrors();
    } finally {
      browser.resize(1400, 1100);
    }
  }

  /** 12 layers of 12 heads over 512 tokens: what the page is built for. */
  @Test
  void aLargeModelIsSmallAndQuick() throws IOException {
    Path file = folder.resolve("large.html");
    AttentionTrace trace = large();
    double before = cpuSeconds();
    Report.of(trace).write(file);
    double written = cpuSeconds() - before;
    long size = java.nio.file.Files.size(file);
    long started = System.nanoTime();
    browser.show(file, "");
    double shown = (System.nanoTime() - started) / 1e9;
    double first =
        browser.number(
                "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1")
            / 1000;
    browser.after(() -> browser.find("#tab-matrix").click());
    double slowest = 0;
    for (int head = 1; head < 12; head++) {
      browser.after(() -> browser.find("body").sendKeys("]"));
      slowest =
          Math.max(
              slowest, browser.number("return Number(document.documentElement.dataset.drawn)"));
    }
    String figures =
        String.format(
            java.util.Locale.ROOT,
            "%.1f MB written in %.1f s of one processor, first paint %.2f s, overview %.2f s, slowest switch %.0f ms",
            size / 1e6,
            written,
            first,
            shown,
            slowest);
    System.out.println(figures);
    assertTrue(size <= 40_000_000, figures);
    assertTrue(written <= 10, figures);
    assertTrue(shown <= 2 * LENIENCE, figures);
    assertTrue(slowest <= 100 * LENIENCE, figures);
    browser.assertNoErrors();
  }

  /** Noise in every head, which compresses worst, and roles in some. */
  private static AttentionTrace large() {
    int length = 512;
    Labels tokens =
        Labels.tokens(IntStream.range(0, length).mapToObj(i -> "token" + i % 97).toList());
    return new AttentionTrace(
        IntStream.range(0, 12)
            .parallel()
            .mapToObj(layer -> Traces.noise(Kind.ENCODER, layer, 12, tokens))
            .toList(),
        Map.of("model", "twelve layers of twelve heads"));
  }

  /**
   * What the process has used of all processors; unlike the time of day not longer on a busy
   * machine.
   */
  private static double cpuSeconds() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toMillis() / 1e3;
  }
}
