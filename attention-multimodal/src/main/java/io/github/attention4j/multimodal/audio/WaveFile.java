package io.github.attention4j.multimodal.audio;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A RIFF/WAVE file (or RF64, above 4 GiB) whose header was checked against the file, read in
/// pieces: PCM of 8, 16, 24 or 32 bits, float of 32 or 64, A-law or mu-law, any number of channels,
/// which are averaged. Immutable.
public final class WaveFile {
  private static final long STREAMED = 0xFFFFFFFFL;
  private static final long LONGEST_FORMAT = 1 << 16;

  private final String source;
  private final Bytes bytes;
  private final WaveFormat format;
  private final long dataStart;
  private final long frames;

  private WaveFile(String source, Bytes bytes, WaveFormat format, long dataStart, long frames) {
    this.source = source;
    this.bytes = bytes;
    this.format = format;
    this.dataStart = dataStart;
    this.frames = frames;
  }

  /** Where the bytes are. */
  interface Bytes {
    Content open() throws IOException;
  }

  /** Bytes being read. */
  interface Content extends AutoCloseable {
    long size() throws IOException;

    /** Fills the buffer as far as there are bytes. */
    void read(long at, ByteBuffer into) throws IOException;

    @Override
    void close() throws IOException;
  }

  /// Opens a file.
  ///
  /// @throws IllegalArgumentException if it is something else, or ends before what its header says;
  ///   tells what was expected and what came
  public static WaveFile open(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString(), null, "no such file");
    }
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(file + ": expected a file, got a folder or a device");
    }
    return of(
        file.toString(), () -> new FileContent(FileChannel.open(file, StandardOpenOption.READ)));
  }

  /** A file that is in memory. */
  static WaveFile of(String source, ByteBuffer file) throws IOException {
    return of(source, () -> new BufferContent(file));
  }

  private static WaveFile of(String source, Bytes bytes) throws IOException {
    try (Content in = bytes.open()) {
      return new Header(source, in).read(bytes);
    }
  }

  /** A file on disk. */
  private record FileContent(FileChannel channel) implements Content {
    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void read(long at, ByteBuffer into) throws IOException {
      long next = at;
      while (into.hasRemaining()) {
        int count = channel.read(into, next);
        if (count < 0) {
          return;
        }
        next += count;
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /** A file in memory. */
  private record BufferContent(ByteBuffer file) implements Content {
    @Override
    public long size() {
      return file.limit();
    }

    @Override
    public void read(long at, ByteBuffer into) {
      int count = (int) Math.min(into.remaining(), Math.max(0, file.limit() - at));
      into.put(file.slice((int) Math.min(at, file.limit()), count));
    }

    @Override
    public void close() {
      // There is nothing to close.
    }
  }

  /** Walks the chunks. */
  private static final class Header {
    private final String source;
    private final Content in;
    private final long size;

    Header(String source, Content in) throws IOException {
      this.source = source;
      this.in = in;
      this.size = in.size();
    }

    WaveFile read(Bytes bytes) throws IOException {
      String kind = size < 12 ? "" : name(0);
      boolean large = kind.equals("RF64");
      if (!(large || kind.equals("RIFF")) || number(4) == 0 || !name(8).equals("WAVE")) {
        throw bad("expected a RIFF file of type WAVE");
      }
      WaveFormat format = null;
      long largeData = 0;
      for (long at = 12; at + 8 <= size; ) {
        String chunk = name(at);
        long length = number(at + 4);
        if (large && chunk.equals("data") && length == STREAMED) {
          length = largeData;
        }
        at += 8;
        if (length > size - at || length < 0) {
          throw tooLong(chunk, length, size - at);
        }
        if (chunk.equals("ds64") && length >= 24) {
          largeData = content(at, 24).getLong(8);
        } else if (chunk.equals("fmt ")) {
          format = WaveFormat.read(source, content(at, Math.min(length, LONGEST_FORMAT)));
        } else if (chunk.equals("data")) {
          return new WaveFile(
              source,
              bytes,
              whole(format, length),
              at,
              length / whole(format, length).frameBytes());
        }
        // Chunks begin at even offsets.
        at += length + length % 2;
      }
      throw bad("expected a chunk 'data', the file ends before it");
    }

    private WaveFormat whole(@org.jspecify.annotations.Nullable WaveFormat format, long data) {
      if (format == null) {
        throw bad("expected a chunk 'fmt ' before 'data'");
      }
      if (data % format.frameBytes() != 0) {
        throw bad(
            "expected whole samples of "
                + format.frameBytes()
                + " bytes, got "
                + data
                + " bytes of data");
      }
      return format;
    }

    private ByteBuffer content(long at, long length) throws IOException {
      ByteBuffer buffer = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
      in.read(at, buffer);
      return buffer.flip();
    }

    private String name(long at) throws IOException {
      return StandardCharsets.ISO_8859_1.decode(content(at, 4)).toString();
    }

    private long number(long at) throws IOException {
      return Integer.toUnsignedLong(content(at, 4).getInt());
    }

    private IllegalArgumentException tooLong(String chunk, long length, long rest) {
      String message =
          "expected "
              + length
              + " bytes in chunk '"
              + chunk.replaceAll("[^ -~]", "?")
              + "', the file ends after "
              + rest;
      return bad(
          length == STREAMED && chunk.equals("data")
              ? message
                  + "; a header of a stream, written before its length was known: convert the file once more"
              : message);
    }

    private IllegalArgumentException bad(String message) {
      return new IllegalArgumentException(source + ": " + message);
    }
  }

  /// Where it came from, for messages.
  public String source() {
    return source;
  }

  /// Samples of each channel.
  public long length() {
    return frames;
  }

  /// Samples per second.
  public int samplingRate() {
    return format.rate();
  }

  /// How long it lasts.
  public double seconds() {
    return frames / (double) format.rate();
  }

  /// The sound from its beginning.
  public SampleSource samples() throws IOException {
    return new Reader(bytes.open());
  }

  /// The sound at another rate, as [Waveform#resampled].
  public SampleSource samples(int rate) throws IOException {
    SampleSource own = samples();
    return rate == format.rate() ? own : new ResampledSource(own, rate);
  }

  /** Reads frames through a buffer of whole ones. */
  private final class Reader implements SampleSource {
    private final Content in;
    private final ByteBuffer buffer;
    private long next;

    Reader(Content in) {
      this.in = in;
      int frame = format.frameBytes();
      this.buffer =
          ByteBuffer.allocate(Math.max(1, (1 << 16) / frame) * frame)
              .order(ByteOrder.LITTLE_ENDIAN)
              .limit(0);
    }

    @Override
    public int samplingRate() {
      return format.rate();
    }

    @Override
    public int read(float[] into, int from, int length) throws IOException {
      if (!buffer.hasRemaining()) {
        if (next == frames) {
          return -1;
        }
        fill();
      }
      int count = Math.min(length, buffer.remaining() / format.frameBytes());
      for (int i = 0; i < count; i++) {
        float sample = format.mono(buffer);
        if (!Float.isFinite(sample)) {
          long at = next - buffer.remaining() / format.frameBytes() - 1;
          throw new IllegalArgumentException(
              source + ": expected finite samples, got " + sample + " as sample " + at);
        }
        into[from + i] = sample;
      }
      return count;
    }

    private void fill() throws IOException {
      int frame = format.frameBytes();
      int wanted = (int) Math.min(buffer.capacity() / frame, frames - next);
      buffer.clear().limit(wanted * frame);
      in.read(dataStart + next * frame, buffer);
      if (buffer.hasRemaining()) {
        throw new EOFException(source + ": the file became shorter while it was read");
      }
      buffer.flip();
      next += wanted;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
