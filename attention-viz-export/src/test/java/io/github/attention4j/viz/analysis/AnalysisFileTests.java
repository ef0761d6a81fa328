package io.github.attention4j.viz.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnalysisFileTests {
  @TempDir private Path folder;

  @Test
  void comesBackBitByBitAndGoesOn() throws IOException {
    Path file = folder.resolve("analysis.json");
    HeadAnalysis analysis = HeadAnalysis.of(Traces.induction());
    new AnalysisFile(Map.of("model", "induction"), analysis).write(file);
    AnalysisFile read = AnalysisFile.read(file);
    assertEquals(Map.of("model", "induction"), read.source());
    assertEquals(analysis.scores(), read.analysis().scores());
    analysis.add(Traces.shuffled(0));
    read.analysis().add(Traces.shuffled(0));
    assertEquals(2, read.analysis().texts());
    assertEquals(analysis.scores(), read.analysis().scores());
  }

  @Test
  void refusesOtherFiles() throws IOException {
    for (String text : new String[] {"", "{}", "[1]", "{\"format\":\"attention4j-analysis\"}"}) {
      Path file = Files.writeString(folder.resolve("other.json"), text);
      assertThrows(IllegalArgumentException.class, () -> AnalysisFile.read(file), text);
    }
  }
}
