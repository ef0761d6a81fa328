package io.github.attention4j.viz.analysis;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The lines of a text file in UTF-8, one after the other, however large it is.
public final class TextLines {
  private TextLines() {}

  /// What is done with a line.
  @FunctionalInterface
  public interface Each {
    /// Takes one line.
    ///
    /// @param number from 1
    void line(long number, String text) throws IOException;
  }

  /// Reads a file.
  ///
  /// @throws IllegalArgumentException if it is a folder or no text in UTF-8; names the file and the
  ///   line before
  public static void read(Path file, Each each) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(file + ": expected a text file, got a folder");
    }
    long number = 0;
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      for (String line = next(file, number, reader);
          line != null;
          line = next(file, number, reader)) {
        each.line(++number, line);
      }
    }
  }

  private static @Nullable String next(Path file, long number, BufferedReader reader)
      throws IOException {
    try {
      return reader.readLine();
    } catch (CharacterCodingException malformed) {
      // Where exactly is not known: the reader decodes ahead.
      throw new IllegalArgumentException(
          file + ": expected a text in UTF-8, got other bytes after line " + number, malformed);
    }
  }
}
