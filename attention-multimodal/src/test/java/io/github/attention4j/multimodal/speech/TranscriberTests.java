package io.github.attention4j.multimodal.speech;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.multimodal.Execution;
import io.github.attention4j.multimodal.TokenGenerator;
import io.github.attention4j.multimodal.audio.Waveform;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** On the tiny published checkpoint, with windows of 0.56 seconds and a vocabulary of 80. */
class TranscriberTests {
  @TempDir Path folder;

  static Stream<AttentionProvider> all() {
    AttentionProviders found = AttentionProviders.load();
    return Stream.of("cpu", "onnx", "reference").map(found::named);
  }

  private static Execution cpu() {
    return Execution.on(all().findFirst().orElseThrow());
  }

  @BeforeEach
  void model() throws IOException {
    Checkpoint network = Checkpoint.resources(TokenGenerator.class, "fixtures/whisper");
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.write(folder.resolve(name), network.bytes(name));
    }
    Checkpoint texts = Checkpoint.resources(TranscriberTests.class, "tiny");
    for (String name :
        List.of("tokenizer.json", "generation_config.json", "preprocessor_config.json")) {
      Files.write(folder.resolve(name), texts.bytes(name));
    }
  }

  private static Waveform noise(double seconds) {
    Random random = new Random(5);
    float[] samples = new float[(int) (16000 * seconds)];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) (0.2 * random.nextGaussian() * (i / 3000 % 2));
    }
    return new Waveform(samples, 16000);
  }

  private static TranscriptionOptions cold() {
    return TranscriptionOptions.defaults().temperatures(List.of(0.0));
  }

  @ParameterizedTest
  @MethodSource("all")
  void stepsGiveTheLogitsOfThePublishedModel(AttentionProvider provider) throws IOException {
    Safetensors io = Safetensors.open(fixture("io.safetensors"));
    long[] ids = io.longs("input.decoder_input_ids").toArray();
    int length = ids.length / 2;
    float[] expected = io.tensor("expected.logits").toArray();
    List<Integer> first = Arrays.stream(ids, 0, length).mapToObj(Math::toIntExact).toList();
    try (SpeechModel model = SpeechModel.load(Checkpoint.open(folder), Execution.on(provider))) {
      Inputs cross = model.encode(sample(io));
      try (SequenceModel sequences = model.sequences(cross)) {
        float[][] prompt = sequences.begin(first.subList(0, 5));
        for (int t = 0; t < 5; t++) {
          assertRow(expected, t, prompt[t]);
        }
        // Three sequences side by side; the last two change places.
        sequences.reorder(0, 0, 0);
        float[][] rows = sequences.step(first.get(5), 7, first.get(5));
        assertRow(expected, 5, rows[0]);
        sequences.reorder(2, 0);
        rows = sequences.step(first.get(6), first.get(6));
        assertRow(expected, 6, rows[0]);
        assertRow(expected, 6, rows[1]);
      }
      assertRow(expected, 12, rows(model.read(cross, first).tensor("logits"), 12, 80));
    }
  }

  private static float[] rows(Tensor logits, int row, int size) {
    return Arrays.copyOfRange(logits.toArray(), row * size, (row + 1) * size);
  }

  private static void assertRow(float[] expected, int row, float[] actual) {
    assertArrayEquals(Arrays.copyOfRange(expected, row * 80, (row + 1) * 80), actual, 1e-4f);
  }

  private static Tensor sample(Safetensors io) {
    float[] features = io.tensor("input.input_features").toArray();
    return Tensor.of(Arrays.copyOf(features, 80 * 56), 1, 80, 56);
  }

  private Path fixture(String name) throws IOException {
    return Files.write(
        folder.resolve(name),
        Checkpoint.resources(TokenGenerator.class, "fixtures/whisper").bytes(name));
  }

  @Test
  void greedyWritesWhatTheGeneratorWrites() throws IOException {
    Safetensors io = Safetensors.open(fixture("io.safetensors"));
    Files.writeString(
        folder.resolve("generation_config.json"),
        "{\"decoder_start_token_id\": 42, \"eos_token_id\": 41, \"no_timestamps_token_id\": 50}");
    List<Integer> expected;
    try (TokenGenerator generator = TokenGenerator.load(Checkpoint.open(folder), cpu())) {
      expected =
          generator.greedy(Inputs.none().with("input_features", sample(io)), 12, 43, 46).ids();
    }
    try (SpeechModel model = SpeechModel.load(Checkpoint.open(folder), cpu());
        SequenceModel sequences = model.sequences(model.encode(sample(io)))) {
      float[][] logits = sequences.begin(List.of(42, 43, 46));
      Hypothesis found =
          new GreedySearch().continued(sequences, logits[2], new Continuation(List.of(), 41, 12));
      List<Integer> ids = new ArrayList<>(List.of(42, 43, 46));
      ids.addAll(found.tokens());
      if (found.ended()) {
        ids.add(41);
      }
      assertEquals(expected, ids);
    }
  }

  @Test
  void everyProviderHearsTheSame() {
    List<List<List<Integer>>> heard =
        all()
            .map(provider -> {
              try (Transcriber transcriber = Transcriber.load(folder, Execution.on(provider))) {
                return Stream.of(cold(), cold().beam(3), cold().language("ja"))
                    .map(options -> transcribe(transcriber, noise(1.3), options))
                    .map(transcript ->
                        transcript.segments().stream()
                            .flatMap(segment -> segment.tokens().stream())
                            .toList())
                    .toList();
              } catch (IOException failed) {
                throw new UncheckedIOException(failed);
              }
            })
            .toList();
    assertEquals(1, heard.stream().distinct().count(), heard::toString);
    assertTrue(heard.getFirst().stream().noneMatch(List::isEmpty), heard::toString);
  }

  private static Transcript transcribe(
      Transcriber transcriber, Waveform sound, TranscriptionOptions options) {
    try {
      return transcriber.transcribe(sound, options);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  @Test
  void timesGoForwardThroughManyWindows() throws IOException {
    try (Transcriber transcriber = Transcriber.load(folder, cpu())) {
      List<Double> done = new ArrayList<>();
      List<Transcriber.AlignedWindow> aligned = new ArrayList<>();
      Waveform sound = noise(4);
      Transcript transcript =
          transcriber.transcribe(
              rate -> sound.source(),
              cold(),
              new Transcriber.Listener() {
                @Override
                public void done(double seconds, double total) {
                  done.add(seconds);
                }

                @Override
                public void aligned(Transcriber.AlignedWindow window) {
                  aligned.add(window);
                }
              });
      assertTrue(done.size() > 5);
      assertTrue(IntStream.range(1, done.size()).allMatch(i -> done.get(i) > done.get(i - 1)));
      assertEquals(4, done.getLast());
      double last = 0;
      for (Transcript.Segment segment : transcript.segments()) {
        assertTrue(segment.end() > segment.start());
        for (Transcript.Word word : segment.words()) {
          assertTrue(word.start() >= last - 1e-9 && word.end() >= word.start(), word::toString);
          assertTrue(word.probability() > 0 && word.probability() <= 1);
          last = word.end();
        }
      }
      assertTrue(last <= 4.02);
      // Rows are tokens written, columns stretches of sound in the window.
      Transcriber.AlignedWindow window = aligned.getFirst();
      assertEquals(2, window.maps().size());
      assertEquals(28, window.maps().getFirst().keys().size());
      assertEquals("<|endoftext|>", window.maps().getFirst().queries().texts().getLast());
      assertEquals(List.of(0.02, 0.04), window.maps().getFirst().keys().places().get(1));
    }
  }

  @Test
  void temperaturesAndOneLanguageAndNoWords() throws IOException {
    Files.writeString(
        folder.resolve("generation_config.json"),
        "{\"decoder_start_token_id\": 42, \"eos_token_id\": 41, \"no_timestamps_token_id\": 50,"
            + " \"is_multilingual\": false}");
    try (Transcriber transcriber = Transcriber.load(folder, cpu())) {
      assertEquals(List.of(), transcriber.languages());
      TranscriptionOptions warm = TranscriptionOptions.defaults().temperatures(List.of(0.4, 0.8));
      Transcript once = transcriber.transcribe(noise(1), warm);
      assertEquals(once, transcriber.transcribe(noise(1), warm));
      assertEquals("en", once.language());
      assertTrue(once.segments().stream().allMatch(segment -> segment.temperature() > 0));
    }
  }

  @Test
  void silenceIsNoError() throws IOException {
    try (Transcriber transcriber = Transcriber.load(folder, cpu())) {
      Transcript transcript = transcriber.transcribe(new Waveform(new float[20000], 16000), cold());
      assertEquals(1.25, transcript.seconds());
      Transcript one = transcriber.transcribe(new Waveform(new float[1], 16000), cold());
      assertEquals(1 / 16000.0, one.seconds());
      assertThrows(
          IllegalArgumentException.class,
          () -> transcriber.transcribe(new Waveform(new float[0], 16000), cold()));
    }
  }

  @Test
  void whatCannotBeDoneIsRefused() throws IOException {
    try (Transcriber transcriber = Transcriber.load(folder, cpu())) {
      IllegalArgumentException unknown =
          assertThrows(
              IllegalArgumentException.class,
              () -> transcriber.transcribe(noise(1), cold().language("tlh")));
      assertTrue(String.valueOf(unknown.getMessage()).contains("expected one of en, ja"));
    }
    Files.writeString(folder.resolve("preprocessor_config.json"), "{\"feature_size\": 128}");
    assertThrows(IllegalArgumentException.class, () -> Transcriber.load(folder, cpu()));
    Files.delete(folder.resolve("tokenizer.json"));
    NoSuchFileException missing =
        assertThrows(NoSuchFileException.class, () -> Transcriber.load(folder, cpu()));
    assertTrue(missing.getFile().endsWith("tokenizer.json"));
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"bert\"}");
    IllegalArgumentException other =
        assertThrows(IllegalArgumentException.class, () -> Transcriber.load(folder, cpu()));
    assertFalse(String.valueOf(other.getMessage()).contains("\n"));
  }
}
