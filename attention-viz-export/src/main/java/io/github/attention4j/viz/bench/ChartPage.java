package io.github.attention4j.viz.bench;

import io.github.attention4j.multimodal.checkpoint.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;

/// A comparison as one page that needs nothing else: three charts, a legend that hides and shows
/// mechanisms, and the figures as a table. Light and dark as the reader's system has it; without
/// scripts.
public final class ChartPage {
  private final ComparisonFigures figures;

  private ChartPage(ComparisonFigures figures) {
    this.figures = figures;
  }

  /// Writes a file.
  public static void write(ComparisonFigures figures, Path file) throws IOException {
    byte[] bytes = of(figures).getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, channel -> BenchmarkJson.writeAll(channel, bytes));
  }

  static String of(ComparisonFigures figures) {
    ChartPage page = new ChartPage(figures);
    return resource("comparison.html")
        .replace("{{style}}", resource("comparison.css") + page.hiding())
        .replace("{{facts}}", page.facts())
        .replace("{{legend}}", page.legend())
        .replace(
            "{{time}}",
            new LineChart(
                    "time",
                    "Time of a run over length",
                    point -> OptionalDouble.of(point.seconds()),
                    10,
                    Units::seconds)
                .svg(figures))
        .replace(
            "{{memory}}",
            new LineChart(
                    "memory",
                    "Memory beyond inputs and output over length",
                    Trajectory.Point::memoryBytes,
                    16,
                    Units::bytes)
                .svg(figures))
        .replace(
            "{{error}}",
            new LineChart(
                    "error",
                    "Error against exact softmax attention over length",
                    Trajectory.Point::error,
                    10,
                    Units::small)
                .svg(figures))
        .replace("{{table}}", page.table());
  }

  /** Rules that hide what is not ticked in the legend. */
  private String hiding() {
    StringBuilder rules = new StringBuilder();
    for (int i = 0; i < figures.trajectories().size(); i++) {
      rules
          .append("body:has(#show-")
          .append(i)
          .append(":not(:checked)) .s")
          .append(i)
          .append(" { display: none; }\n");
    }
    return rules.toString();
  }

  private String facts() {
    StringBuilder facts = new StringBuilder();
    figures
        .machine()
        .facts()
        .forEach((name, fact) ->
            facts
                .append("<dt>")
                .append(Html.escape(name))
                .append("</dt><dd>")
                .append(Html.escape(fact))
                .append("</dd>\n"));
    facts.append("<dt>measured</dt><dd>").append(figures.start()).append("</dd>\n");
    return facts.toString();
  }

  private String legend() {
    StringBuilder legend = new StringBuilder();
    List<Trajectory> all = figures.trajectories();
    for (Family family : Family.values()) {
      legend.append("<fieldset><legend>").append(Html.escape(family.title())).append("</legend>\n");
      for (int i = 0; i < all.size(); i++) {
        if (all.get(i).family() == family) {
          int shape = Marks.shape(all, i);
          legend
              .append("<label><input type=\"checkbox\" id=\"show-")
              .append(i)
              .append("\" checked")
              .append(all.get(i).points().isEmpty() ? " disabled" : "")
              .append(
                  "><svg viewBox=\"0 0 36 14\" aria-hidden=\"true\" class=\"key\"><g class=\"series ")
              .append(Marks.colour(family))
              .append("\"><polyline points=\"1,7 35,7\"")
              .append(Marks.dashes(shape))
              .append("/>")
              .append(Marks.marker(shape, 18, 7))
              .append("</g></svg> ")
              .append(Html.escape(all.get(i).name()))
              .append("</label>\n");
        }
      }
      legend.append("</fieldset>\n");
    }
    return legend.toString();
  }

  private String table() {
    StringBuilder table = new StringBuilder("<thead><tr><th scope=\"col\">mechanism</th>");
    figures
        .lengths()
        .forEach(length ->
            table.append("<th scope=\"col\">").append(Units.count(length)).append("</th>"));
    for (String column : List.of("n^", "memory", "error", "longer")) {
      table.append("<th scope=\"col\">").append(column).append("</th>");
    }
    table.append("</tr></thead>\n<tbody>\n");
    for (Trajectory each : figures.trajectories()) {
      table.append("<tr><th scope=\"row\">").append(Html.escape(each.name())).append("</th>");
      figures
          .lengths()
          .forEach(length ->
              cell(table, each.at(length).map(point -> Units.seconds(point.seconds())).orElse("")));
      cell(table, text(each.timeExponent(), Units::three));
      cell(table, each.last().map(point -> text(point.memoryBytes(), Units::bytes)).orElse(""));
      cell(table, each.last().map(point -> text(point.error(), Units::small)).orElse(""));
      table
          .append("<td class=\"why\">")
          .append(Html.escape(each.end().orElse("")))
          .append("</td></tr>\n");
    }
    return table.append("</tbody>").toString();
  }

  private static void cell(StringBuilder table, String text) {
    table.append("<td>").append(Html.escape(text)).append("</td>");
  }

  private static String text(OptionalDouble figure, DoubleFunction<String> format) {
    return figure.isPresent() ? format.apply(figure.getAsDouble()) : "";
  }

  private static String resource(String name) {
    try (InputStream stream = ChartPage.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IllegalStateException(name + " is missing beside " + ChartPage.class.getName());
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
