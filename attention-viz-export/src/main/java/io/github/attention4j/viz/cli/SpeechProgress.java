package io.github.attention4j.viz.cli;

import io.github.attention4j.multimodal.speech.Transcriber;
import io.github.attention4j.multimodal.speech.Transcript;
import java.util.Locale;
import java.util.Optional;

/** Prints what is said as it is written, shows how far it is, and keeps one window to look at. */
final class SpeechProgress implements Transcriber.Listener {
  private static final int COLUMNS = 100;

  private final Terminal terminal;
  private final double total;
  private final double wanted;
  private Optional<Transcriber.AlignedWindow> window = Optional.empty();
  private int percent = -1;

  /**
   * For a sound.
   *
   * @param total its seconds
   * @param wanted the second the kept window ends after
   */
  SpeechProgress(Terminal terminal, double total, double wanted) {
    this.terminal = terminal;
    this.total = total;
    this.wanted = wanted;
  }

  Optional<Transcriber.AlignedWindow> window() {
    return window;
  }

  @Override
  public void measured(double seconds) {
    show("measuring ", seconds);
  }

  @Override
  public void done(double seconds, double all) {
    show("listening ", seconds);
  }

  private void show(String what, double seconds) {
    int now = total > 0 ? (int) Math.min(100, 100 * seconds / total) : 100;
    if (now != percent) {
      percent = now;
      terminal.progress(what + clock(seconds) + " of " + clock(total) + " (" + now + " %)");
    }
  }

  @Override
  public void aligned(Transcriber.AlignedWindow aligned) {
    if (window.isEmpty() && aligned.start() + aligned.seconds() > wanted) {
      window = Optional.of(aligned);
    }
  }

  @Override
  public void segment(Transcript.Segment segment) {
    terminal.endProgress();
    percent = -1;
    terminal
        .out()
        .println(
            "["
                + clock(segment.start())
                + " - "
                + clock(segment.end())
                + "] "
                + oneLine(segment.text()));
    StringBuilder line = new StringBuilder();
    for (Transcript.Word word : segment.words()) {
      String part =
          "  " + String.format(Locale.ROOT, "%.2f", word.start()) + " " + oneLine(word.text());
      if (line.length() > 0 && line.length() + part.length() > COLUMNS) {
        terminal.out().println(line);
        line.setLength(0);
      }
      line.append(part);
    }
    if (line.length() > 0) {
      terminal.out().println(line);
    }
    terminal.out().flush();
  }

  /** What is said, without characters that would command the terminal. */
  private static String oneLine(String text) {
    return text.strip().replaceAll("[\\p{Cntrl}\\s]+", " ");
  }

  /** Hours where there are any, minutes, seconds and hundredths. */
  static String clock(double seconds) {
    long hundredths = Math.round(seconds * 100);
    long hours = hundredths / 360_000;
    String rest =
        String.format(
            Locale.ROOT,
            "%02d:%02d.%02d",
            hundredths / 6000 % 60,
            hundredths / 100 % 60,
            hundredths % 100);
    return hours == 0 ? rest : hours + ":" + rest;
  }
}
