package io.github.attention4j.viz.bench;

import io.github.attention4j.viz.bench.Trajectory.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;
import java.util.function.Function;

/// One figure of all mechanisms over length, both axes logarithmic, as an SVG element.
///
/// A mechanism has the colour of its family and a marker of its own within it, so that no two are
/// told apart by colour alone.
///
/// @param id of the element, unique in the page
/// @param title for people who do not see it
/// @param figure which one
/// @param base the factor between two grid lines
/// @param format of a tick and a tooltip
record LineChart(
    String id,
    String title,
    Function<Point, OptionalDouble> figure,
    double base,
    DoubleFunction<String> format) {
  private static final double WIDTH = 760;
  private static final double HEIGHT = 440;
  private static final double LEFT = 78;
  private static final double RIGHT = 16;
  private static final double TOP = 16;
  private static final double BOTTOM = 48;

  /// The element.
  String svg(ComparisonFigures figures) {
    List<Long> lengths = figures.lengths();
    List<Double> all = new ArrayList<>();
    for (Trajectory each : figures.trajectories()) {
      each.points().forEach(point -> shown(point).ifPresent(all::add));
    }
    if (all.isEmpty() || lengths.isEmpty()) {
      return "<p>" + Html.escape(title) + ": no figures.</p>\n";
    }
    LogAxis x =
        LogAxis.over(lengths.stream().map(Long::doubleValue).toList(), 2, LEFT, WIDTH - RIGHT);
    LogAxis y = LogAxis.over(all, base, HEIGHT - BOTTOM, TOP);
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg id=\"%s\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"%s-title\">%n"
                + "<title id=\"%s-title\">%s</title>%n",
            id,
            WIDTH,
            HEIGHT,
            id,
            id,
            Html.escape(title)));
    grid(svg, x, y);
    for (int i = 0; i < figures.trajectories().size(); i++) {
      line(svg, figures.trajectories().get(i), i, Marks.shape(figures.trajectories(), i), x, y);
    }
    return svg.append("</svg>\n").toString();
  }

  /** What a logarithmic axis can show. */
  private OptionalDouble shown(Point point) {
    OptionalDouble value = figure.apply(point);
    return value.isPresent() && value.getAsDouble() > 0 ? value : OptionalDouble.empty();
  }

  private void grid(StringBuilder svg, LogAxis x, LogAxis y) {
    for (double step : y.steps(base)) {
      double at = y.at(step);
      svg.append(
          String.format(
              Locale.ROOT,
              "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
                  + "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n",
              LEFT,
              at,
              WIDTH - RIGHT,
              at,
              LEFT - 8,
              at + 4,
              Html.escape(format.apply(step))));
    }
    for (double step : x.steps(2)) {
      double at = x.at(step);
      svg.append(
          String.format(
              Locale.ROOT,
              "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
                  + "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>%n",
              at,
              TOP,
              at,
              HEIGHT - BOTTOM,
              at,
              HEIGHT - BOTTOM + 18,
              Units.count(Math.round(step))));
    }
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">length</text>%n",
            (LEFT + WIDTH - RIGHT) / 2,
            HEIGHT - 8));
  }

  private void line(
      StringBuilder svg, Trajectory trajectory, int number, int shape, LogAxis x, LogAxis y) {
    List<Point> points =
        trajectory.points().stream().filter(point -> shown(point).isPresent()).toList();
    if (points.isEmpty()) {
      return;
    }
    svg.append("<g class=\"series ").append(Marks.colour(trajectory.family()));
    svg.append(" s").append(number).append("\"><polyline points=\"");
    for (Point point : points) {
      svg.append(
          String.format(
              Locale.ROOT,
              "%.1f,%.1f ",
              x.at((double) point.length()),
              y.at(shown(point).orElseThrow())));
    }
    svg.append("\"").append(Marks.dashes(shape)).append("/>\n");
    for (Point point : points) {
      double value = shown(point).orElseThrow();
      svg.append(
          String.format(
              Locale.ROOT,
              "<g><title>%s, length %s: %s</title>%s</g>%n",
              Html.escape(trajectory.name()),
              Units.count(point.length()),
              Html.escape(format.apply(value)),
              Marks.marker(shape, x.at((double) point.length()), y.at(value))));
    }
    svg.append("</g>\n");
  }
}
