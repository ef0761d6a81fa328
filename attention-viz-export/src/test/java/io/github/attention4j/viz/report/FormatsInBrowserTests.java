package io.github.attention4j.viz.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.network.MapLabel.Kind;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.viz.analysis.Traces;
import io.github.attention4j.viz.format.FormatOptions;
import io.github.attention4j.viz.format.TraceFormats;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Formats that a browser reads, read by one. */
class FormatsInBrowserTests {
  @TempDir private Path folder;

  private static AttentionTrace hostile() {
    Labels labels = Labels.tokens(List.of("</script>", "</text>&\u0001", "]]>", "שלום"));
    float[] even = new float[16];
    java.util.Arrays.fill(even, 0.25f);
    return new AttentionTrace(
        List.of(Traces.map(Kind.ENCODER, 0, 1, labels, labels, even)), Map.of());
  }

  private Path write(String format, AttentionTrace trace) throws IOException {
    Path file = folder.resolve(format + "." + TraceFormats.named(format).suffix());
    TraceFormats.named(format).write(trace, FormatOptions.ALL, file);
    return file;
  }

  @Test
  void pagesAndPictures() throws IOException {
    try (Browser browser = Browser.open(folder.resolve("profile"))) {
      browser.load(write("bertviz-page", Traces.induction()));
      browser.await("return document.querySelectorAll('ol.left li').length === 30");
      assertTrue(browser.painted("canvas") > 1000);
      browser.find(".heads button").click();
      assertEquals("false", browser.find(".heads button").getDomAttribute("aria-pressed"));
      browser.load(write("bertviz-page", hostile()));
      browser.await("return document.querySelectorAll('ol.left li').length === 4");
      assertEquals("</script>", browser.find("ol.left li").getText());
      browser.assertNoErrors();

      browser.load(write("svg", hostile()));
      assertEquals(0, browser.all("parsererror").size());
      assertEquals(16, browser.all("rect > title").size());
      assertEquals(
          "שלום → </script>: 0.25",
          browser.script("return document.querySelectorAll('rect > title')[12].textContent"));

      browser.load(write("png", Traces.induction()));
      assertEquals(780L, browser.script("return document.images[0].naturalWidth"));
    }
  }
}
