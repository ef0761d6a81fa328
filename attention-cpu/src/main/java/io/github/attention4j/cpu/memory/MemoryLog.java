package io.github.attention4j.cpu.memory;

import io.github.attention4j.api.ExternalMemory.Sizes;
import io.github.attention4j.api.Tensor;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/// All entries of a memory in one file that only grows: what an index can be made from again, and
/// where keys and values are read from.
///
/// A header of 64 bytes (magic number, heads, keySize, valueSize, checksum), then entries of one
/// size, so that an entry is found by its number: the keys of all heads, the values of all heads
/// (float32), the number of the first entry of its append (int64), how many entries that append has
/// (int32), and a CRC-32C of all this and the entry's own number (int32). Everything is
/// little-endian.
///
/// An append is forced to the disk before it returns. Whatever follows the last whole append on
/// opening was never acknowledged, and is cut off; an entry that is damaged before it is an error.
final class MemoryLog implements Closeable {
  private static final long MAGIC = 0x31474f4c4d344134L; // "4A4MLOG1"
  private static final int HEADER = 64;
  private static final int TRAILER = 16;
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path file;
  private final Sizes sizes;
  private final FileChannel channel;
  private final int entryBytes;
  private volatile Mapping mapping = new Mapping(MemorySegment.NULL, 0);
  private volatile int count;

  /// Part of the file in memory. The garbage collector unmaps what no search reads any more.
  private record Mapping(MemorySegment segment, int count) {}

  private MemoryLog(Path file, Sizes sizes, FileChannel channel) {
    this.file = file;
    this.sizes = sizes;
    this.channel = channel;
    this.entryBytes = entryBytes(sizes);
  }

  private static int entryBytes(Sizes sizes) {
    return Math.addExact(
        Math.multiplyExact(4 * sizes.heads(), Math.addExact(sizes.keySize(), sizes.valueSize())),
        TRAILER);
  }

  /// Opens a log, and makes it if there is none.
  static MemoryLog open(Path file, Sizes sizes) throws IOException {
    if (!Files.exists(file)) {
      create(file, sizes);
    }
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      MemoryLog log = new MemoryLog(file, sizes, channel);
      log.checkHeader();
      log.recover();
      return log;
    } catch (IOException | RuntimeException failed) {
      channel.close();
      throw failed;
    }
  }

  private static void create(Path file, Sizes sizes) throws IOException {
    Path beside = file.resolveSibling(file.getFileName() + ".new");
    try (FileChannel channel =
        FileChannel.open(
            beside,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      writeAll(channel, header(sizes));
      channel.force(true);
    }
    try {
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException unsupported) {
      throw new IOException(file + ": the file system does not move files atomically", unsupported);
    }
  }

  private static ByteBuffer header(Sizes sizes) {
    ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(MAGIC).putInt(sizes.heads()).putInt(sizes.keySize()).putInt(sizes.valueSize());
    CRC32C crc = new CRC32C();
    crc.update(header.array(), 0, header.position());
    return header.putInt((int) crc.getValue()).clear();
  }

  private void checkHeader() throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
    while (header.hasRemaining() && channel.read(header, header.position()) > 0) {}
    if (header.hasRemaining() || header.getLong(0) != MAGIC) {
      throw new IOException(file + ": this is no log of a memory");
    }
    int heads = header.getInt(8);
    int keySize = header.getInt(12);
    int valueSize = header.getInt(16);
    if (heads < 1
        || keySize < 1
        || valueSize < 1
        || !header(new Sizes(heads, keySize, valueSize)).equals(header.clear())) {
      throw new IOException(file + ": the header is damaged");
    }
    Sizes found = new Sizes(heads, keySize, valueSize);
    if (!found.equals(sizes)) {
      throw new IllegalArgumentException(
          "sizes: expected " + found + " as in " + file + ", got " + sizes);
    }
  }

  /// Finds the last whole append and cuts off what follows it.
  private void recover() throws IOException {
    long whole = (channel.size() - HEADER) / entryBytes;
    if (whole > Integer.MAX_VALUE - KeyTiles.WIDE) {
      throw new IOException(file + ": has " + whole + " entries, more than a memory can hold");
    }
    MemorySegment all = map((int) whole).segment();
    int good = 0;
    int firstBad = (int) whole;
    for (int id = 0; id < whole; id++) {
      if (!intact(all, id)) {
        firstBad = id;
        break;
      }
      if (id == start(all, id) + appended(all, id) - 1) {
        good = id + 1;
      }
    }
    for (int id = firstBad; id < whole; id++) {
      if (intact(all, id) && start(all, id) > firstBad) {
        throw new IOException(
            file + ": entry " + firstBad + " is damaged, later ones are not: restore the file");
      }
    }
    long length = offset(good);
    if (channel.size() > length) {
      channel.truncate(length);
      channel.force(true);
    }
    count = good;
    mapping = map(good);
  }

  private boolean intact(MemorySegment all, int id) {
    long at = (long) id * entryBytes;
    long start = start(all, id);
    int appended = appended(all, id);
    return all.get(INT, at + entryBytes - 4)
            == checksum(all.asSlice(at, entryBytes - 4).asByteBuffer(), id)
        && start <= id
        && id < start + appended;
  }

  private long start(MemorySegment all, int id) {
    return all.get(LONG, (long) (id + 1) * entryBytes - TRAILER);
  }

  private int appended(MemorySegment all, int id) {
    return all.get(INT, (long) (id + 1) * entryBytes - TRAILER + 8);
  }

  private static int checksum(ByteBuffer entry, int id) {
    CRC32C crc = new CRC32C();
    crc.update(entry);
    for (int shift = 0; shift < 32; shift += 8) {
      crc.update(id >>> shift & 255);
    }
    return (int) crc.getValue();
  }

  private long offset(int id) {
    return HEADER + (long) id * entryBytes;
  }

  private Mapping map(int entries) throws IOException {
    return new Mapping(
        channel.map(
            FileChannel.MapMode.READ_ONLY, HEADER, (long) entries * entryBytes, Arena.ofAuto()),
        entries);
  }

  /// How many entries are acknowledged.
  int count() {
    return count;
  }

  /// Appends entries `[heads, added, size]`; they are on the disk when this returns. For one thread
  /// at a time.
  void append(Tensor keys, Tensor values, int added) throws IOException {
    int first = count;
    int perWrite = Math.clamp((1 << 20) / entryBytes, 1, Math.max(1, added));
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(Math.multiplyExact(perWrite, entryBytes))
            .order(ByteOrder.LITTLE_ENDIAN);
    try {
      channel.position(offset(first));
      for (int i = 0; i < added; i++) {
        int from = buffer.position();
        put(keys, i, added, sizes.keySize(), buffer);
        put(values, i, added, sizes.valueSize(), buffer);
        buffer.putLong(first).putInt(added);
        buffer.putInt(checksum(buffer.slice(from, entryBytes - 4), first + i));
        if (!buffer.hasRemaining() || i == added - 1) {
          writeAll(channel, buffer.flip());
          buffer.clear();
        }
      }
      channel.force(false);
    } catch (IOException | RuntimeException failed) {
      if (channel.isOpen()) {
        channel.truncate(offset(first));
      }
      throw failed;
    }
    count = first + added;
  }

  private void put(Tensor from, int entry, int entries, int size, ByteBuffer into) {
    MemorySegment target = MemorySegment.ofBuffer(into);
    for (int h = 0; h < sizes.heads(); h++) {
      MemorySegment.copy(
          from.segment(),
          ValueLayout.JAVA_FLOAT,
          4L * ((long) h * entries + entry) * size,
          target,
          FLOAT,
          4L * h * size,
          size);
    }
    into.position(into.position() + 4 * sizes.heads() * size);
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /// Memory that holds at least the entries below `upTo`.
  MemorySegment entries(int upTo) throws IOException {
    Mapping now = mapping;
    if (now.count() < upTo) {
      synchronized (this) {
        now = mapping;
        if (now.count() < upTo) {
          now = map(count);
          mapping = now;
        }
      }
    }
    return now.segment();
  }

  /// Copies a key out of what [#entries] gave.
  void key(MemorySegment entries, int head, int id, float[] into, int to) {
    long at = (long) id * entryBytes + 4L * head * sizes.keySize();
    MemorySegment.copy(entries, FLOAT, at, into, to, sizes.keySize());
  }

  /// Copies a value out of what [#entries] gave.
  void value(MemorySegment entries, int head, int id, float[] into, int to) {
    long at =
        (long) id * entryBytes
            + 4L * (sizes.heads() * (long) sizes.keySize() + (long) head * sizes.valueSize());
    MemorySegment.copy(entries, FLOAT, at, into, to, sizes.valueSize());
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
