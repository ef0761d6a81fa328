package io.github.attention4j.viz.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextTableTests {
  @Test
  void textStandsLeftAndFiguresRight() {
    TextTable table = new TextTable(List.of("what", "time", "ratio"));
    table.add(List.of("full", "1.25 ms", "1.3"));
    table.add(List.of("causal, long", "9 µs", "-"));
    assertEquals(
        List.of(
            "what             time  ratio",
            "full          1.25 ms    1.3",
            "causal, long     9 µs      -"),
        table.lines());
  }

  @Test
  void rowsMustFit() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new TextTable(List.of("a", "b")).add(List.of("only one")));
  }

  @Test
  void unitsKeepThreeDigits() {
    assertEquals("1.25 ms", Units.seconds(0.00125));
    assertEquals("999 µs", Units.seconds(999.4e-6));
    assertEquals("1.00 ms", Units.seconds(999.6e-6));
    assertEquals("12.3 s", Units.seconds(12.34));
    assertEquals("64.0 MiB", Units.bytes(64 << 20));
    assertEquals("512 B", Units.bytes(512));
    assertEquals("87 %", Units.percent(0.874));
    assertEquals("0.0123", Units.three(0.01234));
    assertEquals("1.00", Units.three(0.9996));
    assertEquals("0.1", Units.small(0.1));
    assertEquals("1", Units.small(1));
    assertEquals("0.348", Units.small(0.3482));
    assertEquals("1.5e-07", Units.small(1.52e-7));
    assertEquals("10", Units.small(10));
    assertEquals("16,384", Units.count(16_384));
  }

  @Test
  void theSameReasonHasTheSameNumber() {
    Notes notes = new Notes();
    assertEquals("refused [1]", notes.cell(new Measurement.Refused("no kernel")));
    assertEquals("FAILED [2]", notes.cell(new Measurement.Failed("out of memory")));
    assertEquals("refused [1]", notes.cell(new Measurement.Refused("no kernel")));
    assertEquals(List.of("[1] no kernel", "[2] out of memory"), notes.lines());
  }
}
