package io.github.attention4j.multimodal.checkpoint;

import io.github.attention4j.api.NdArray;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// NumPy's archive of named arrays: a zip of [Npy] files, stored or deflated.
public final class Npz {
  private static final String SUFFIX = ".npy";
  private static final int CHUNK = 1 << 16;
  private static final long EPOCH = 315532800000L;

  private Npz() {}

  /// Reads all arrays of a file, by name without `.npy`.
  ///
  /// @throws IllegalArgumentException if it is not such a file; names the array
  public static Map<String, NdArray> read(Path file) throws IOException {
    Map<String, NdArray> arrays = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        String name = entry.getName();
        String what = file + ": array " + OneLine.quoted(name);
        if (!name.endsWith(SUFFIX)) {
          throw new IllegalArgumentException(what + ": expected a name that ends in .npy");
        }
        NdArray array = Npy.read(what, content(what, zip, entry));
        if (arrays.put(name.substring(0, name.length() - SUFFIX.length()), array) != null) {
          throw new IllegalArgumentException(what + ": is there twice");
        }
      }
    } catch (ZipException damaged) {
      throw new IllegalArgumentException(
          file
              + ": expected a zip of .npy files: "
              + OneLine.plain(String.valueOf(damaged.getMessage())),
          damaged);
    }
    return arrays;
  }

  private static MemorySegment content(String what, ZipFile zip, ZipEntry entry)
      throws IOException {
    // Deflate cannot shrink more than 1032 to 1: a size beyond that is a lie that would only cost
    // memory.
    if (entry.getSize() < 0 || entry.getSize() / 1100 > entry.getCompressedSize()) {
      throw new IllegalArgumentException(
          what + ": expected a size that fits the archive, got " + entry.getSize());
    }
    MemorySegment bytes = Arena.ofAuto().allocate(entry.getSize(), Long.BYTES);
    byte[] chunk = new byte[CHUNK];
    long at = 0;
    try (InputStream in = zip.getInputStream(entry)) {
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        if (at + read > bytes.byteSize()) {
          throw new IllegalArgumentException(what + ": has more bytes than it says");
        }
        MemorySegment.copy(MemorySegment.ofArray(chunk), 0, bytes, at, read);
        at += read;
      }
    }
    if (at != bytes.byteSize()) {
      throw new IllegalArgumentException(
          what + ": expected " + bytes.byteSize() + " bytes, got " + at);
    }
    return bytes;
  }

  /// Writes arrays uncompressed, as `numpy.savez`; the file appears whole or not at all.
  public static void write(Path file, Map<String, ? extends NdArray> arrays) throws IOException {
    AtomicFile.write(
        file,
        channel -> {
          // Not closed here: that would close the channel, whose owner is the caller.
          ZipOutputStream zip = new ZipOutputStream(Channels.newOutputStream(channel));
          for (Map.Entry<String, ? extends NdArray> entry : arrays.entrySet()) {
            write(zip, entry.getKey(), entry.getValue());
          }
          zip.finish();
        });
  }

  private static void write(ZipOutputStream zip, String name, NdArray array) throws IOException {
    List<MemorySegment> parts = List.of(MemorySegment.ofArray(Npy.header(array)), array.segment());
    CRC32 crc = new CRC32();
    long size = 0;
    for (MemorySegment part : parts) {
      copy(part, new java.util.zip.CheckedOutputStream(OutputStream.nullOutputStream(), crc));
      size += part.byteSize();
    }
    ZipEntry entry = new ZipEntry(name + SUFFIX);
    entry.setMethod(ZipEntry.STORED);
    entry.setTime(EPOCH);
    entry.setSize(size);
    entry.setCompressedSize(size);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    for (MemorySegment part : parts) {
      copy(part, zip);
    }
    zip.closeEntry();
  }

  private static void copy(MemorySegment from, OutputStream to) throws IOException {
    WritableByteChannel channel = Channels.newChannel(to);
    for (long at = 0; at < from.byteSize(); at += CHUNK) {
      channel.write(from.asSlice(at, Math.min(CHUNK, from.byteSize() - at)).asByteBuffer());
    }
  }
}
