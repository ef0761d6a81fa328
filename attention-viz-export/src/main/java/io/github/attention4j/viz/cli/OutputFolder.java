package io.github.attention4j.viz.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder that files are written into; found out to be writable before any work is done. */
record OutputFolder(Path path) {
  static OutputFolder prepare(Path path) throws IOException {
    Files.createDirectories(path);
    if (!Files.isWritable(path)) {
      throw new AccessDeniedException(path.toString());
    }
    return new OutputFolder(path);
  }

  Path file(String name) {
    return path.resolve(name);
  }
}
