package io.github.attention4j.cpu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.ExternalMemory;
import io.github.attention4j.api.ExternalMemory.Sizes;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is on the disk survives restarts, kills and torn ends, and damage is not passed over. */
class LuceneMemoryTests {
  private static final Sizes SIZES = new Sizes(2, 4, 3);
  private static final int ENTRY = 4 * 2 * (4 + 3) + 16;
  private static final int COUNT = 7;

  @TempDir Path directory;

  private static ExternalMemory open(Path directory) throws IOException {
    return new LuceneStore()
        .open(
            SIZES,
            Optional.of(directory),
            Settings.defaults().threads(1).option("lucene.tail", "50"));
  }

  /** The append of this number; every element tells where it belongs. */
  private static void append(ExternalMemory memory, int number) {
    Tensor keys = Tensor.allocate(2, COUNT, 4);
    Tensor values = Tensor.allocate(2, COUNT, 3);
    for (int h = 0; h < 2; h++) {
      for (int i = 0; i < COUNT; i++) {
        for (int e = 0; e < 4; e++) {
          keys.set((h * COUNT + i) * 4L + e, key(h, number * COUNT + i, e));
        }
        for (int e = 0; e < 3; e++) {
          values.set((h * COUNT + i) * 3L + e, value(h, number * COUNT + i, e));
        }
      }
    }
    assertEquals((long) number * COUNT, memory.append(keys, values));
  }

  private static float key(int head, int id, int element) {
    return (float) Math.sin(id * 0.7 + element * 1.3 + head);
  }

  private static float value(int head, int id, int element) {
    return head * 1_000_000f + id * 10f + element;
  }

  private static void assertHolds(ExternalMemory memory, int appends) {
    int size = appends * COUNT;
    assertEquals(size, memory.size());
    LongTensor ids = LongTensor.allocate(2, size);
    for (int i = 0; i < 2 * size; i++) {
      ids.set(i, i % size);
    }
    ExternalMemory.Entries entries = memory.read(ids);
    for (int h = 0; h < 2; h++) {
      for (int i = 0; i < size; i++) {
        for (int e = 0; e < 4; e++) {
          assertEquals(key(h, i, e), entries.keys().get(h, i, e));
        }
        for (int e = 0; e < 3; e++) {
          assertEquals(value(h, i, e), entries.values().get(h, i, e));
        }
      }
    }
    // All can be found, whether indexed or not: as many as there are, each once.
    LongTensor found = memory.search(Tensor.allocate(2, 1, 4), Math.max(1, size)).ids();
    for (int i = 0; i < 2 * size; i++) {
      assertEquals(i % size, found.at(i));
    }
  }

  @Test
  void survivesRestarts() throws IOException {
    for (int round = 0; round < 6; round++) {
      try (ExternalMemory memory = open(directory)) {
        assertHolds(memory, 3 * round);
        for (int i = 0; i < 3; i++) {
          append(memory, 3 * round + i);
        }
        assertHolds(memory, 3 * round + 3);
        assertThrows(IOException.class, () -> open(directory));
      }
    }
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new LuceneStore()
                .open(new Sizes(2, 4, 4), Optional.of(directory), Settings.defaults()));
  }

  /** A process that appends until it is killed says what was acknowledged. */
  @Test
  void survivesAKillDuringAppend() throws Exception {
    Path memories = directory.resolve("memory");
    int least = 0;
    for (int round = 0; round < 3; round++) {
      Path said = directory.resolve("said" + round);
      Process child =
          new ProcessBuilder(command(memories))
              .redirectOutput(said.toFile())
              .redirectError(directory.resolve("errors" + round).toFile())
              .start();
      while (child.isAlive() && Files.size(said) < 150 + 61 * round) {
        Thread.sleep(2);
      }
      child.destroyForcibly();
      assertTrue(child.waitFor(30, TimeUnit.SECONDS));
      List<String> lines = Files.readAllLines(said);
      // The last line may be cut short, and is then a smaller number.
      int acknowledged = lines.stream().mapToInt(Integer::parseInt).max().orElse(0);
      assertTrue(acknowledged > least, () -> "acknowledged " + acknowledged);
      try (ExternalMemory memory = open(memories)) {
        long size = memory.size();
        assertEquals(0, size % COUNT, "an append is there in part");
        assertTrue(size >= (long) acknowledged * COUNT, () -> acknowledged + " appends, " + size);
        least = (int) (size / COUNT);
        assertHolds(memory, least);
      }
    }
  }

  private static List<String> command(Path memories) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    String modules = System.getProperty("jdk.module.path", "");
    List<String> paths = new ArrayList<>();
    paths.add(Path.of("target", "test-classes").toString());
    paths.add(Path.of("target", "classes").toString());
    paths.add(System.getProperty("java.class.path"));
    if (!modules.isEmpty()) {
      paths.add(modules);
    }
    command.add(String.join(File.pathSeparator, paths));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add(Appending.class.getName());
    command.add(memories.toString());
    return command;
  }

  /** Appends for ever, and says how many appends have returned. */
  static final class Appending {
    public static void main(String[] arguments) throws IOException {
      try (ExternalMemory memory = open(Path.of(arguments[0]))) {
        for (int number = (int) (memory.size() / COUNT); number < 1_000_000; number++) {
          append(memory, number);
          System.out.println(number + 1);
        }
      }
    }
  }

  @Test
  void cutsOffATornEnd() throws IOException {
    try (ExternalMemory memory = open(directory)) {
      for (int i = 0; i < 9; i++) {
        append(memory, i);
      }
    }
    Path log = directory.resolve("entries.log");
    long whole = Files.size(log);
    assertEquals(64 + 9L * COUNT * ENTRY, whole);
    // An append of which only some entries, or parts of one, reached the disk.
    for (int lost : new int[] {1, ENTRY - 1, ENTRY, 3 * ENTRY + 5}) {
      try (ExternalMemory memory = open(directory)) {
        append(memory, 9);
      }
      try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
        file.setLength(file.length() - lost);
      }
      try (ExternalMemory memory = open(directory)) {
        assertHolds(memory, 9);
      }
      assertEquals(whole, Files.size(log));
    }
    // Pages of it that reached the disk in another order.
    try (ExternalMemory memory = open(directory)) {
      append(memory, 9);
    }
    flip(log, whole + ENTRY + 3);
    try (ExternalMemory memory = open(directory)) {
      assertHolds(memory, 9);
    }
  }

  @Test
  void refusesADamagedLog() throws IOException {
    try (ExternalMemory memory = open(directory)) {
      for (int i = 0; i < 9; i++) {
        append(memory, i);
      }
    }
    Path log = directory.resolve("entries.log");
    flip(log, 64 + 20L * ENTRY + 9);
    String message =
        String.valueOf(assertThrows(IOException.class, () -> open(directory)).getMessage());
    assertTrue(message.contains("entry 20 is damaged"), message);
    flip(log, 64 + 20L * ENTRY + 9);
    try (ExternalMemory memory = open(directory)) {
      assertHolds(memory, 9);
    }
    // Entries that the index has were acknowledged.
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
      file.setLength(64 + 7L * ENTRY);
    }
    message = String.valueOf(assertThrows(IOException.class, () -> open(directory)).getMessage());
    assertTrue(message.contains("the log only 7"), message);
    flip(log, 3);
    message = String.valueOf(assertThrows(IOException.class, () -> open(directory)).getMessage());
    assertTrue(message.contains("no log of a memory"), message);
  }

  private static void flip(Path file, long position) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(position);
      int old = open.read();
      open.seek(position);
      open.write(old ^ 0x40);
    }
  }

  @Test
  void theIndexCanBeMadeAgain() throws IOException {
    try (ExternalMemory memory = open(directory)) {
      for (int i = 0; i < 20; i++) {
        append(memory, i);
      }
    }
    try (var files = Files.list(directory.resolve("index"))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    try (ExternalMemory memory = open(directory)) {
      assertHolds(memory, 20);
    }
  }
}
