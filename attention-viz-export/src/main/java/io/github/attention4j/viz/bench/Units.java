package io.github.attention4j.viz.bench;

import java.util.Locale;

/** Figures with units, for people. */
final class Units {
  private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB"};

  private Units() {}

  /** Such as `1.5 GiB`. */
  static String bytes(double bytes) {
    int unit = 0;
    double value = bytes;
    while (value >= 1023.5 && unit < BINARY.length - 1) {
      value /= 1024;
      unit++;
    }
    return (unit == 0 ? whole(value) : three(value)) + " " + BINARY[unit];
  }

  /** Such as `1.25 ms`. */
  static String seconds(double seconds) {
    if (seconds < 999.5e-9) {
      return three(seconds * 1e9) + " ns";
    }
    if (seconds < 999.5e-6) {
      return three(seconds * 1e6) + " µs";
    }
    return seconds < 0.9995 ? three(seconds * 1e3) + " ms" : three(seconds) + " s";
  }

  /** Such as `87 %`. */
  static String percent(double share) {
    return whole(100 * share) + " %";
  }

  /** Three significant digits, such as `0.0123`, `1.25`, `87.5`, `1234`. */
  static String three(double value) {
    double size = Math.abs(value);
    if (size == 0 || size >= 99.95) {
      return whole(value);
    }
    int decimals = 2 - (int) Math.floor(Math.log10(size * 1.0005));
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  /** Such as `0.1`, `0.348`, `1.5e-7`. */
  static String small(double value) {
    return value < 0.00995
        ? String.format(Locale.ROOT, "%.1e", value)
        : three(value).replaceFirst("(\\.\\d*?)0+$", "$1").replaceFirst("\\.$", "");
  }

  /** Such as `16,384`. */
  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static String whole(double value) {
    return String.format(Locale.ROOT, "%.0f", value);
  }
}
