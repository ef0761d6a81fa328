package io.github.attention4j.multimodal.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/// Writes a file whole or not at all: into a temporary file beside it, then moved into place.
public final class AtomicFile {
  private AtomicFile() {}

  /// What puts the content into the open channel.
  @FunctionalInterface
  public interface Content {
    /// Writes everything; the channel is closed by the caller.
    void write(FileChannel channel) throws IOException;
  }

  /// Writes `file`, replacing what was there; on failure nothing is left behind, nor when the
  /// process is told to end meanwhile.
  ///
  /// @throws IOException if the folder does not exist or cannot be written
  public static void write(Path file, Content content) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path folder = absolute.getParent();
    Path name = absolute.getFileName();
    if (folder == null || name == null) {
      throw new IllegalArgumentException("file: expected the path of a file, got " + file);
    }
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(folder.toString(), null, "no such folder");
    }
    if (Files.isDirectory(absolute)) {
      throw new FileSystemException(file.toString(), null, "expected a file, got a folder");
    }
    String suffix = Long.toHexString(ThreadLocalRandom.current().nextLong());
    Path temporary = folder.resolve("." + name + "." + suffix + ".tmp");
    Thread ending = deletingAtTheEnd(temporary);
    try {
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.write(channel);
      }
      Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
      try {
        Runtime.getRuntime().removeShutdownHook(ending);
      } catch (IllegalStateException _) {
        // The process is ending, and the hook does its work.
      }
    }
  }

  private static Thread deletingAtTheEnd(Path temporary) {
    Thread ending =
        new Thread(() -> {
          try {
            Files.deleteIfExists(temporary);
          } catch (IOException _) {
            // Nobody is left to be told.
          }
        });
    try {
      Runtime.getRuntime().addShutdownHook(ending);
    } catch (IllegalStateException _) {
      // The process is ending already: a file that is small enough may still be written.
    }
    return ending;
  }
}
