package io.github.attention4j.onnx.graph;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.ThreadLocalRandom;

/// A file that is written beside its place and then moved there. What was not moved is deleted when
/// this is closed, or when the process is told to end before.
final class PartFile implements AutoCloseable {
  private final Path place;
  private final Path path;
  private final Thread ending = new Thread(this::deleteQuietly);

  /// Makes an empty file, readable by whom any new file is: temporary files of the platform are
  /// their owner's alone, and would stay so after the move.
  PartFile(Path place) throws IOException {
    this.place = place;
    String unique = Long.toHexString(ThreadLocalRandom.current().nextLong());
    path =
        Files.createFile(place.resolveSibling("." + place.getFileName() + "." + unique + ".part"));
    try {
      Runtime.getRuntime().addShutdownHook(ending);
    } catch (IllegalStateException _) {
      // The process is ending already: a file that is small enough may still be written.
    }
  }

  Path path() {
    return path;
  }

  void moveToItsPlace() throws IOException {
    try {
      Files.move(path, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException _) {
      Files.move(path, place, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private void deleteQuietly() {
    try {
      Files.deleteIfExists(path);
    } catch (IOException _) {
      // Nobody is left to be told.
    }
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(path);
    try {
      Runtime.getRuntime().removeShutdownHook(ending);
    } catch (IllegalStateException _) {
      // The process is ending, and the hook does its work.
    }
  }
}
