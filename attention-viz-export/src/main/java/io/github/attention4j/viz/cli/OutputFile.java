package io.github.attention4j.viz.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A file that will be written; found out to be writable before any work is done. */
final class OutputFile {
  private OutputFile() {}

  /**
   * Checks that its folder is there and that it is none itself.
   *
   * @return the file
   */
  static Path checked(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(file + ": expected a file, got a folder");
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new NoSuchFileException(file.toString(), null, "there is no folder to write it into");
    }
    if (!Files.isWritable(folder)) {
      throw new AccessDeniedException(folder.toString());
    }
    return file;
  }
}
