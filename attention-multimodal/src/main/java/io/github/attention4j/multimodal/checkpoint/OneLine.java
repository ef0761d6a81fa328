package io.github.attention4j.multimodal.checkpoint;

/** Text that came out of a file, fit for a message of one line. */
final class OneLine {
  private static final int LONGEST = 120;

  private OneLine() {}

  /** The text in quotes; control characters replaced, the middle of a long text left out. */
  static String quoted(String text) {
    return "'" + plain(text) + "'";
  }

  static String plain(String text) {
    StringBuilder line = new StringBuilder();
    text.codePoints()
        .limit(LONGEST)
        .map(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? '?' : c)
        .forEach(line::appendCodePoint);
    return text.codePointCount(0, text.length()) > LONGEST ? line + "…" : line.toString();
  }
}
