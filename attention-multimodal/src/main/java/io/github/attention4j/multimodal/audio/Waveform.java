package io.github.attention4j.multimodal.audio;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// Mono sound: samples in -1..1 at a rate. Immutable.
public final class Waveform {
  private static final int PCM = 1;
  private static final int FLOAT = 3;
  private static final int EXTENSIBLE = 0xFFFE;
  private static final int HIGHEST_RATE = 768_000;

  private final float[] samples;
  private final int samplingRate;

  /// Sound.
  ///
  /// @param samples one per moment; copied
  /// @param samplingRate in Hz
  public Waveform(float[] samples, int samplingRate) {
    if (samplingRate < 1 || samplingRate > HIGHEST_RATE) {
      throw new IllegalArgumentException(
          "samplingRate: expected 1 to " + HIGHEST_RATE + " Hz, got " + samplingRate);
    }
    this.samples = samples.clone();
    this.samplingRate = samplingRate;
  }

  /// The samples, copied; channels of a file are averaged.
  public float[] samples() {
    return samples.clone();
  }

  /// The number of samples.
  public int length() {
    return samples.length;
  }

  /// Samples per second.
  public int samplingRate() {
    return samplingRate;
  }

  /// How long it lasts.
  public double seconds() {
    return samples.length / (double) samplingRate;
  }

  /// Reads a RIFF/WAVE file: PCM of 8, 16, 24 or 32 bits, or float of 32 or 64, any number of
  /// channels.
  ///
  /// @throws IllegalArgumentException if it is something else, or ends early; says what was
  ///   expected and what came
  public static Waveform read(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString(), null, "no such file");
    }
    if (Files.size(file) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          file + ": expected a file below 2 GiB, got " + Files.size(file) + " bytes");
    }
    return parse(file.toString(), ByteBuffer.wrap(Files.readAllBytes(file)));
  }

  /** The format chunk. */
  private record Format(int tag, int channels, int rate, int bits) {
    int frameBytes() {
      return channels * (bits / Byte.SIZE);
    }
  }

  static Waveform parse(String source, ByteBuffer file) {
    ByteBuffer in = file.order(ByteOrder.LITTLE_ENDIAN);
    if (in.remaining() < 12
        || !name(in).equals("RIFF")
        || in.getInt() == 0
        || !name(in).equals("WAVE")) {
      throw bad(source, "expected a RIFF file of type WAVE");
    }
    Format format = null;
    while (in.remaining() >= 8) {
      String chunk = name(in);
      long size = Integer.toUnsignedLong(in.getInt());
      if (size > in.remaining()) {
        throw bad(
            source,
            "expected "
                + size
                + " bytes in chunk '"
                + chunk.replaceAll("[^ -~]", "?")
                + "', the file ends after "
                + in.remaining());
      }
      ByteBuffer content = in.slice(in.position(), (int) size).order(ByteOrder.LITTLE_ENDIAN);
      if (chunk.equals("fmt ")) {
        format = format(source, content);
      } else if (chunk.equals("data")) {
        if (format == null) {
          throw bad(source, "expected a chunk 'fmt ' before 'data'");
        }
        return samples(source, format, content);
      }
      // Chunks begin at even offsets.
      in.position((int) Math.min(in.limit(), in.position() + size + size % 2));
    }
    throw bad(source, "expected a chunk 'data', the file ends before it");
  }

  private static String name(ByteBuffer in) {
    byte[] name = new byte[4];
    in.get(name);
    return new String(name, StandardCharsets.ISO_8859_1);
  }

  private static Format format(String source, ByteBuffer in) {
    if (in.remaining() < 16) {
      throw bad(source, "expected at least 16 bytes of format, got " + in.remaining());
    }
    int tag = Short.toUnsignedInt(in.getShort(0));
    int channels = Short.toUnsignedInt(in.getShort(2));
    int rate = in.getInt(4);
    int bits = Short.toUnsignedInt(in.getShort(14));
    if (tag == EXTENSIBLE && in.remaining() >= 26) {
      tag = Short.toUnsignedInt(in.getShort(24));
    }
    boolean known =
        tag == PCM
            ? bits == 8 || bits == 16 || bits == 24 || bits == 32
            : tag == FLOAT && (bits == 32 || bits == 64);
    if (!known) {
      throw bad(
          source,
          "expected PCM of 8, 16, 24 or 32 bits or float of 32 or 64, got format "
              + tag
              + " with "
              + bits
              + " bits");
    }
    if (channels < 1 || rate < 1 || rate > HIGHEST_RATE) {
      throw bad(
          source,
          "expected channels and a rate of 1 to "
              + HIGHEST_RATE
              + " Hz, got "
              + channels
              + " channels at "
              + Integer.toUnsignedString(rate)
              + " Hz");
    }
    return new Format(tag, channels, rate, bits);
  }

  private static Waveform samples(String source, Format format, ByteBuffer data) {
    if (data.remaining() % format.frameBytes() != 0) {
      throw bad(
          source,
          "expected whole samples of "
              + format.frameBytes()
              + " bytes, got "
              + data.remaining()
              + " bytes of data");
    }
    float[] mono = new float[data.remaining() / format.frameBytes()];
    for (int i = 0; i < mono.length; i++) {
      double sum = 0;
      for (int c = 0; c < format.channels(); c++) {
        sum += sample(format, data);
      }
      mono[i] = (float) (sum / format.channels());
    }
    return new Waveform(mono, format.rate());
  }

  private static double sample(Format format, ByteBuffer data) {
    if (format.tag() == FLOAT) {
      return format.bits() == 32 ? data.getFloat() : data.getDouble();
    }
    return switch (format.bits()) {
      case 8 -> (Byte.toUnsignedInt(data.get()) - 128) / 128.0;
      case 16 -> data.getShort() / 32768.0;
      case 24 -> {
        int low = Byte.toUnsignedInt(data.get()) | Byte.toUnsignedInt(data.get()) << 8;
        yield (low | data.get() << 16) / 8388608.0;
      }
      default -> data.getInt() / 2147483648.0;
    };
  }

  /// The same sound at another rate, band-limited by a windowed sinc (Hann, six zero crossings, cut
  /// at 0.99 of the lower rate's half); as long as $\lceil \text{samples} \cdot \text{to} /
  /// \text{from} \rceil$.
  public Waveform resampled(int rate) {
    if (rate == samplingRate) {
      return this;
    }
    return new Waveform(SincResampler.resample(samples, samplingRate, rate), rate);
  }

  private static IllegalArgumentException bad(String source, String message) {
    return new IllegalArgumentException(source + ": " + message);
  }
}
