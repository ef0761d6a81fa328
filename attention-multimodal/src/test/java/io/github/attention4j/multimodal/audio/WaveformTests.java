package io.github.attention4j.multimodal.audio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class WaveformTests {
  static ByteBuffer wav(int tag, int channels, int rate, int bits, byte... data) {
    ByteBuffer file = ByteBuffer.allocate(44 + data.length).order(ByteOrder.LITTLE_ENDIAN);
    file.put(ascii("RIFF")).putInt(36 + data.length).put(ascii("WAVE"));
    file.put(ascii("fmt ")).putInt(16).putShort((short) tag).putShort((short) channels);
    file.putInt(rate).putInt(rate * channels * bits / 8);
    file.putShort((short) (channels * bits / 8)).putShort((short) bits);
    return file.put(ascii("data")).putInt(data.length).put(data).flip();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static float[] samples(int tag, int channels, int bits, int... data) throws IOException {
    byte[] bytes = new byte[data.length];
    for (int i = 0; i < data.length; i++) {
      bytes[i] = (byte) data[i];
    }
    return Waveform.parse("x.wav", wav(tag, channels, 16000, bits, bytes)).samples();
  }

  @Test
  void everyFormat() throws IOException {
    assertArrayEquals(new float[] {-1, 0, 0.5f}, samples(1, 1, 8, 0, 128, 192));
    assertArrayEquals(new float[] {-1, 0.5f}, samples(1, 1, 16, 0, 0x80, 0, 0x40));
    assertArrayEquals(new float[] {-1, 0.5f}, samples(1, 1, 24, 0, 0, 0x80, 0, 0, 0x40));
    assertArrayEquals(new float[] {-0.5f}, samples(1, 1, 32, 0, 0, 0, 0xC0));
    assertArrayEquals(new float[] {1}, samples(3, 1, 32, 0, 0, 0x80, 0x3F));
    assertArrayEquals(new float[] {1}, samples(3, 1, 64, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F));
    assertArrayEquals(new float[] {-0.25f}, samples(1, 2, 16, 0, 0x80, 0, 0x40));
    assertArrayEquals(new float[0], samples(1, 1, 16));
  }

  @Test
  void aFileThatEndsEarlyIsRefusedAtEveryByte() {
    byte[] whole = wav(1, 1, 8000, 16, new byte[20]).array();
    for (int length = 0; length < whole.length; length++) {
      ByteBuffer part = ByteBuffer.wrap(Arrays.copyOf(whole, length));
      String message =
          String.valueOf(
              assertThrows(IllegalArgumentException.class, () -> Waveform.parse("x.wav", part))
                  .getMessage());
      assertTrue(message.startsWith("x.wav: expected"), message);
      assertFalse(message.contains("\n"), message);
    }
  }

  @Test
  void absurdHeaders() {
    refused(wav(1, 1, 16000, 12, new byte[4]), "12 bits");
    refused(wav(85, 1, 16000, 16, new byte[4]), "format 85");
    refused(wav(1, 0, 16000, 16, new byte[4]), "0 channels");
    refused(wav(1, 1, -1, 16, new byte[4]), "4294967295 Hz");
    refused(wav(1, 1, 0, 16, new byte[4]), "0 Hz");
    refused(wav(1, 1, 16000, 16, new byte[3]), "whole samples");
    ByteBuffer huge = wav(1, 1, 16000, 16, new byte[4]);
    huge.putInt(40, -1);
    refused(huge, "4294967295 bytes in chunk 'data'");
  }

  private static void refused(ByteBuffer file, String expected) {
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> Waveform.parse("x.wav", file))
                .getMessage());
    assertTrue(message.contains(expected), message);
  }

  @Test
  void aToneKeepsItsPitchAtAnotherRate() {
    for (int rate : new int[] {8000, 22050, 44100, 48000}) {
      float[] tone = new float[rate / 2];
      for (int i = 0; i < tone.length; i++) {
        tone[i] = (float) Math.sin(2 * Math.PI * 440 * i / rate);
      }
      float[] resampled = new Waveform(tone, rate).resampled(16000).samples();
      assertEquals(8000, resampled.length);
      for (int i = 200; i < resampled.length - 200; i++) {
        assertEquals(Math.sin(2 * Math.PI * 440 * i / 16000), resampled[i], 2e-3);
      }
    }
    assertEquals(0, new Waveform(new float[0], 44100).resampled(16000).samples().length);
    assertEquals(1, new Waveform(new float[1], 44100).resampled(16000).samples().length);
  }
}
