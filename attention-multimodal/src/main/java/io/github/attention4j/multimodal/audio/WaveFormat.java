package io.github.attention4j.multimodal.audio;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How samples are stored: the chunk `fmt ` of a RIFF/WAVE file.
 *
 * @param coding what a sample is
 * @param channels in a frame
 * @param rate frames per second
 * @param bits of a sample
 */
record WaveFormat(Coding coding, int channels, int rate, int bits) {
  /** The highest rate that is read. */
  static final int HIGHEST_RATE = 768_000;

  private static final int EXTENSIBLE = 0xFFFE;

  /** What a sample is, with its number in the file. */
  enum Coding {
    PCM(1),
    FLOAT(3),
    A_LAW(6),
    MU_LAW(7);

    private final int tag;

    Coding(int tag) {
      this.tag = tag;
    }

    boolean holds(int bits) {
      return switch (this) {
        case PCM -> bits == 8 || bits == 16 || bits == 24 || bits == 32;
        case FLOAT -> bits == 32 || bits == 64;
        case A_LAW, MU_LAW -> bits == 8;
      };
    }
  }

  /** Reads the chunk. */
  static WaveFormat read(String source, ByteBuffer chunk) {
    ByteBuffer in = chunk.order(ByteOrder.LITTLE_ENDIAN);
    if (in.remaining() < 16) {
      throw new IllegalArgumentException(
          source + ": expected at least 16 bytes of format, got " + in.remaining());
    }
    int tag = Short.toUnsignedInt(in.getShort(0));
    int channels = Short.toUnsignedInt(in.getShort(2));
    int rate = in.getInt(4);
    int bits = Short.toUnsignedInt(in.getShort(14));
    if (tag == EXTENSIBLE && in.remaining() >= 26) {
      tag = Short.toUnsignedInt(in.getShort(24));
    }
    for (Coding coding : Coding.values()) {
      if (coding.tag == tag && coding.holds(bits)) {
        if (channels < 1 || rate < 1 || rate > HIGHEST_RATE) {
          throw new IllegalArgumentException(
              source
                  + ": expected channels and a rate of 1 to "
                  + HIGHEST_RATE
                  + " Hz, got "
                  + channels
                  + " channels at "
                  + Integer.toUnsignedString(rate)
                  + " Hz");
        }
        return new WaveFormat(coding, channels, rate, bits);
      }
    }
    throw new IllegalArgumentException(
        source
            + ": expected PCM of 8, 16, 24 or 32 bits, float of 32 or 64, A-law or mu-law of 8, got format "
            + tag
            + " with "
            + bits
            + " bits");
  }

  /** Bytes of one sample of every channel. */
  int frameBytes() {
    return channels * (bits / Byte.SIZE);
  }

  /** The mean of the channels of the next frame. */
  float mono(ByteBuffer data) {
    double sum = 0;
    for (int c = 0; c < channels; c++) {
      sum += sample(data);
    }
    return (float) (sum / channels);
  }

  private double sample(ByteBuffer data) {
    return switch (coding) {
      case FLOAT -> bits == 32 ? data.getFloat() : data.getDouble();
      case A_LAW -> aLaw(data.get()) / 32768.0;
      case MU_LAW -> muLaw(data.get()) / 32768.0;
      case PCM ->
          switch (bits) {
            case 8 -> (Byte.toUnsignedInt(data.get()) - 128) / 128.0;
            case 16 -> data.getShort() / 32768.0;
            case 24 -> {
              int low = Byte.toUnsignedInt(data.get()) | Byte.toUnsignedInt(data.get()) << 8;
              yield (low | data.get() << 16) / 8388608.0;
            }
            default -> data.getInt() / 2147483648.0;
          };
    };
  }

  /** ITU-T G.711, table 1: sign, three bits of exponent, four of mantissa, even bits inverted. */
  private static int aLaw(byte code) {
    int bits = code ^ 0x55;
    int exponent = bits >> 4 & 7;
    int mantissa = (bits & 0xF) << 4 | 8;
    int magnitude = exponent == 0 ? mantissa : (mantissa | 0x100) << (exponent - 1);
    return (bits & 0x80) == 0 ? -magnitude : magnitude;
  }

  /** ITU-T G.711, table 2: all bits inverted, a bias of 33 steps. */
  private static int muLaw(byte code) {
    int bits = ~code;
    int magnitude = (((bits & 0xF) << 3 | 0x84) << (bits >> 4 & 7)) - 0x84;
    return (bits & 0x80) == 0 ? magnitude : -magnitude;
  }
}
