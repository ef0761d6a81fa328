package io.github.attention4j.multimodal.audio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogMelTests {
  private static LogMel mel() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(LogMelTests.class.getResourceAsStream("preprocessor_config.json"))) {
      return LogMel.read(Config.parse("preprocessor_config.json", in.readAllBytes()));
    }
  }

  @Test
  void featuresOfThePublishedExtractor() throws IOException {
    Safetensors io = TokenAlignmentTests.resource("mel.safetensors");
    float[] waveform = io.tensor("input.waveform").toArray();
    Tensor features = mel().padded(waveform);
    Tensor expected = io.tensor("expected.input_features");
    for (int m = 0; m < 80; m++) {
      for (int t = 0; t < 305; t++) {
        assertEquals(expected.get(m, t), features.get(m, t), 1e-4);
      }
      assertEquals(-0.5984626, features.get(m, 2999), 1e-6);
    }
    float[] last = Arrays.copyOfRange(waveform, waveform.length - 8123, waveform.length);
    near(io.tensor("expected.longest_input_features"), mel().features(last), 1e-4);
    near(io.tensor("expected.mel_filters"), mel().filters(), 1e-7);
  }

  private static void near(Tensor expected, Tensor actual, double tolerance) {
    assertEquals(expected.shape(), actual.shape());
    for (long i = 0; i < expected.shape().elements(); i++) {
      assertEquals(expected.at(i), actual.at(i), tolerance);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 12, 400, 486})
  void theTransformIsTheSumOverAllPairs(int size) {
    Random random = new Random(size);
    double[] values = random.doubles(size, -1, 1).toArray();
    double[] real = new double[size];
    double[] imaginary = new double[size];
    new MixedRadixFft(size).transform(values, real, imaginary);
    for (int k = 0; k < size; k++) {
      double a = 0;
      double b = 0;
      for (int i = 0; i < size; i++) {
        a += values[i] * Math.cos(2 * Math.PI * i * k / size);
        b -= values[i] * Math.sin(2 * Math.PI * i * k / size);
      }
      assertEquals(a, real[k], 1e-9);
      assertEquals(b, imaginary[k], 1e-9);
    }
  }

  @Test
  void silenceAndTooLittle() throws IOException {
    Tensor silence = mel().padded(new float[0]);
    assertEquals(-1.5, silence.get(40, 1500));
    assertEquals(1, mel().features(new float[201]).shape().size(1));
    assertThrows(IllegalArgumentException.class, () -> mel().features(new float[200]));
    assertEquals(128, LogMel.whisper(128).filters().shape().size(1));
  }
}
