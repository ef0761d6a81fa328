package io.github.attention4j.viz.cli;

import io.github.attention4j.multimodal.image.Picture;
import io.github.attention4j.viz.report.Png;
import io.github.attention4j.viz.report.Report;

/** A picture in a report: upright, and no larger than the page shows it. */
final class ShownPicture {
  private static final int EDGE = 1024;

  private ShownPicture() {}

  static Report in(Report report, Picture picture) {
    Picture shown = picture.fitting(EDGE);
    byte[] png = Png.of(shown.width(), shown.height(), shown.rgb());
    return report.with(io.github.attention4j.viz.report.Picture.of(png));
  }
}
