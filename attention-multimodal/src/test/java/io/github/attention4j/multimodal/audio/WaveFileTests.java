package io.github.attention4j.multimodal.audio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Tensor;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WaveFileTests {
  @TempDir Path folder;

  private static float[] all(SampleSource source, int piece) throws IOException {
    try (source) {
      float[] samples = new float[1 << 20];
      int count = 0;
      for (int read; (read = source.read(samples, count, piece)) >= 0; count += read) {
        assertTrue(read <= piece);
      }
      return Arrays.copyOf(samples, count);
    }
  }

  private static ByteBuffer noise(int rate, int samples) {
    byte[] data = new byte[2 * samples];
    new Random(rate).nextBytes(data);
    return WaveformTests.wav(1, 1, rate, 16, data);
  }

  @Test
  void companded() throws IOException {
    // ITU-T G.711: the quietest and the loudest of each sign.
    byte[] aLaw = {(byte) 0xD5, 0x55, (byte) 0xAA, 0x2A};
    assertArrayEquals(
        new float[] {8 / 32768f, -8 / 32768f, 32256 / 32768f, -32256 / 32768f},
        Waveform.parse("x.wav", WaveformTests.wav(6, 1, 8000, 8, aLaw)).samples());
    byte[] muLaw = {(byte) 0xFF, 0x7F, (byte) 0x80, 0x00};
    assertArrayEquals(
        new float[] {0, 0, 32124 / 32768f, -32124 / 32768f},
        Waveform.parse("x.wav", WaveformTests.wav(7, 1, 8000, 8, muLaw)).samples());
  }

  @Test
  void sixChannelsInTheExtensibleFormat() throws IOException {
    ByteBuffer file = ByteBuffer.allocate(80).order(ByteOrder.LITTLE_ENDIAN);
    file.put(ascii("RIFF")).putInt(72).put(ascii("WAVE")).put(ascii("fmt ")).putInt(40);
    file.putShort((short) 0xFFFE).putShort((short) 6).putInt(48000).putInt(576000);
    file.putShort((short) 12).putShort((short) 16).putShort((short) 22).putShort((short) 16);
    file.putInt(0x3F).putShort((short) 1).put(new byte[14]);
    file.put(ascii("data")).putInt(12);
    for (int i = 0; i < 6; i++) {
      file.putShort((short) (i * 1024));
    }
    WaveFile wave = WaveFile.of("x.wav", file.flip());
    assertEquals(1, wave.length());
    assertArrayEquals(new float[] {2560 / 32768f}, all(wave.samples(), 10));
  }

  @Test
  void aFileAboveFourGibibytesSaysItsSizeElsewhere() throws IOException {
    ByteBuffer file = ByteBuffer.allocate(84).order(ByteOrder.LITTLE_ENDIAN);
    file.put(ascii("RF64")).putInt(-1).put(ascii("WAVE"));
    file.put(ascii("ds64")).putInt(28).putLong(76).putLong(4).putLong(2).putInt(0);
    file.put(ascii("fmt ")).putInt(16).putShort((short) 1).putShort((short) 1);
    file.putInt(16000).putInt(32000).putShort((short) 2).putShort((short) 16);
    file.put(ascii("data")).putInt(-1).putShort((short) 0x4000).putShort((short) 0);
    assertArrayEquals(new float[] {0.5f, 0}, all(WaveFile.of("x.wav", file.flip()).samples(), 10));
  }

  @ParameterizedTest
  @ValueSource(ints = {8000, 16000, 22050, 44100, 48000, 96000})
  void piecesAreTheWhole(int rate) throws IOException {
    ByteBuffer file = noise(rate, 3 * 16384 + 77);
    WaveFile wave = WaveFile.of("x.wav", file);
    float[] whole = Waveform.parse("x.wav", file).resampled(16000).samples();
    assertEquals(rate, wave.samplingRate());
    for (int piece : new int[] {1000, 7919, 1 << 18}) {
      assertArrayEquals(whole, all(wave.samples(16000), piece));
    }
  }

  @Test
  void whatIsNoSoundIsRefused() throws IOException {
    byte[] nan = {0, 0, (byte) 0xC0, 0x7F};
    refused("finite", WaveformTests.wav(3, 1, 8000, 32, nan));
    refused("RIFF", ByteBuffer.wrap(ascii("ID3 this is music of another kind")));
    ByteBuffer stream = noise(8000, 10).putInt(40, -1);
    refused("convert the file", stream);
    assertThrows(IllegalArgumentException.class, () -> WaveFile.open(folder));
    assertThrows(IOException.class, () -> WaveFile.open(folder.resolve("none.wav")));
  }

  private static void refused(String expected, ByteBuffer file) {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> all(WaveFile.of("x.wav", file.order(ByteOrder.LITTLE_ENDIAN)).samples(), 10));
    assertTrue(String.valueOf(refusal.getMessage()).contains(expected), refusal::getMessage);
  }

  @Test
  void aFileThatShrinksMeanwhile() throws IOException {
    Path file = folder.resolve("x.wav");
    Files.write(file, noise(16000, 1000).array());
    WaveFile wave = WaveFile.open(file);
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 500));
    assertThrows(EOFException.class, () -> all(wave.samples(), 4000));
  }

  private static final LogMel SMALL = new LogMel(20, 16000, 400, 160, 16000);

  @Test
  void aShortSoundIsOneWindowFollowedBySilence() throws IOException {
    Waveform sound = Waveform.parse("x.wav", noise(16000, 12345));
    try (MelWindows windows = MelWindows.of(SMALL, rate -> sound.source(), frames -> {})) {
      assertEquals(77, windows.frames());
      Tensor window = windows.at(0);
      Tensor expected = SMALL.padded(sound.samples());
      for (long i = 0; i < expected.shape().elements(); i++) {
        assertEquals(expected.at(i), window.at(i));
      }
      // Later windows are of the same sound, and zeros of the features beyond.
      Tensor later = windows.at(30);
      assertEquals(expected.get(7, 60), later.get(0, 7, 30));
      assertThrows(IllegalArgumentException.class, () -> windows.at(29));
      assertThrows(IllegalArgumentException.class, () -> windows.at(77));
    }
  }

  @Test
  void windowsOfALongSoundAreCutFromTheWhole() throws IOException {
    Waveform sound = Waveform.parse("x.wav", noise(16000, 100_000));
    // Loud in the middle only: windows are scaled by a maximum they do not contain.
    float[] samples = sound.samples();
    for (int i = 0; i < samples.length; i++) {
      samples[i] *= i > 40_000 && i < 42_000 ? 1 : 0.001f;
    }
    Waveform uneven = new Waveform(samples, 16000);
    Tensor whole = SMALL.features(Arrays.copyOf(samples, samples.length + 16000));
    int frames = whole.shape().intSize(1);
    try (MelWindows windows = MelWindows.of(SMALL, rate -> uneven.source(), done -> {})) {
      assertEquals(625, windows.frames());
      for (int start : new int[] {0, 3, 250, 600}) {
        Tensor window = windows.at(start);
        for (int t = 0; t < 100; t++) {
          float expected = start + t < 625 ? whole.at(5L * frames + start + t) : 0;
          assertEquals(expected, window.get(0, 5, t), start + " + " + t);
        }
      }
    }
  }

  @Test
  void almostNothing() throws IOException {
    Waveform one = new Waveform(new float[] {0.5f}, 16000);
    try (MelWindows windows = MelWindows.of(SMALL, rate -> one.source(), done -> {})) {
      assertEquals(1, windows.frames());
      assertTrue(Float.isFinite(windows.at(0).get(0, 3, 0)));
    }
    Waveform none = new Waveform(new float[0], 16000);
    assertThrows(
        IllegalArgumentException.class,
        () -> MelWindows.of(SMALL, rate -> none.source(), done -> {}));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
