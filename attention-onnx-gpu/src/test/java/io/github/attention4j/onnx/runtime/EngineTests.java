package io.github.attention4j.onnx.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EngineTests {
  @TempDir Path folder;

  @Test
  void aCommandLineThatCrashesTheRuntimeIsAReason() throws IOException {
    Path commandLine = folder.resolve("cmdline");
    Files.write(commandLine, new byte[3949]);
    assertEquals(Optional.empty(), Engine.obstacle(commandLine));
    Files.write(commandLine, new byte[3950]);
    String reason = Engine.obstacle(commandLine).orElseThrow();
    assertTrue(reason.contains("less than 3950 bytes, got 3950"), reason);
    assertTrue(reason.contains("java @args"), reason);
  }

  @Test
  void whereNothingIsKnownNothingIsAgainstIt() {
    assertEquals(Optional.empty(), Engine.obstacle(folder.resolve("missing")));
    assertEquals(Optional.empty(), Engine.obstacle());
  }
}
