package io.github.attention4j.viz.bench;

import java.util.List;
import java.util.Locale;

/** How a mechanism is drawn: the colour of its family, and a marker and dashes of its own. */
final class Marks {
  private static final String[] SHAPES = {
    "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z",
    "M-3.6,-3.6h7.2v7.2h-7.2z",
    "M0,-4.8L4.6,3.4H-4.6z",
    "M0,-5L4.2,0L0,5L-4.2,0z",
    "M0,4.8L4.6,-3.4H-4.6z",
    "M-1.5,-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z",
    "M-4.5,-2.2h9v4.4h-9z",
  };
  private static final String[] DASHES = {"", "7 3", "2 3", "9 3 2 3", "12 4", "4 2", "1 4"};

  private Marks() {}

  /** The class with the colour. */
  static String colour(Family family) {
    return family.name().toLowerCase(Locale.ROOT);
  }

  /** The number of a mechanism within its family, for marker and dashes. */
  static int shape(List<Trajectory> all, int number) {
    int before = 0;
    for (int i = 0; i < number; i++) {
      before += all.get(i).family() == all.get(number).family() ? 1 : 0;
    }
    return before % SHAPES.length;
  }

  /** The marker at a place. */
  static String marker(int shape, double x, double y) {
    return String.format(
        Locale.ROOT, "<path d=\"%s\" transform=\"translate(%.1f %.1f)\"/>", SHAPES[shape], x, y);
  }

  /** The attribute of a line; empty for a solid one. */
  static String dashes(int shape) {
    return DASHES[shape].isEmpty() ? "" : " stroke-dasharray=\"" + DASHES[shape] + "\"";
  }
}
