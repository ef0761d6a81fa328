package io.github.attention4j.viz.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.checkpoint.Npy;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import io.github.attention4j.viz.format.TraceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts and pictures given to models of other makers, through the real entry point. */
final class PublishedExplanationTests {
  private static final Path ONNX = Path.of("../attention-onnx-gpu/src/test/resources/inspect");
  private static final Path FOLDERS =
      Path.of(
          "../attention-multimodal/src/test/resources/io/github/attention4j/multimodal/fixtures");
  private static final Path PICTURE =
      Path.of(
          "../attention-multimodal/src/test/resources/io/github/attention4j/multimodal/image/image.png");

  @TempDir Path folder;

  private Path model = Path.of("");
  private Path out = Path.of("");

  @BeforeEach
  void folders() throws IOException {
    model = Files.createDirectory(folder.resolve("model"));
    out = folder.resolve("out");
  }

  private Path copied(Path from, String... files) throws IOException {
    for (String file : files) {
      Files.copy(from.resolve(file), model.resolve(file));
    }
    return model;
  }

  private Path onnx(String fixture) throws IOException {
    return copied(ONNX.resolve(fixture), "model.onnx").resolve("model.onnx");
  }

  private Path checkpoint(String fixture) throws IOException {
    return copied(FOLDERS.resolve(fixture), "config.json", "model.safetensors");
  }

  private CommandLineRun explain(Object... more) {
    List<Object> all = new ArrayList<>(List.of("explain", "--out", out));
    all.addAll(List.of(more));
    return CommandLineRun.of(all.toArray());
  }

  private AttentionTrace trace(Object... more) throws IOException {
    CommandLineRun run = explain(more);
    assertEquals(0, run.exitCode(), run::err);
    assertTrue(Files.size(out.resolve("report.html")) > 10_000);
    AttentionTrace trace = TraceFile.read(out.resolve("trace.safetensors"));
    for (AttentionMap map : trace.maps()) {
      Tensor weights = map.weights();
      int keys = map.keys().size();
      for (long row = 0; row < weights.shape().elements() / keys; row++) {
        double sum = 0;
        for (int key = 0; key < keys; key++) {
          sum += weights.at(row * keys + key);
        }
        assertEquals(1, sum, 1e-4, map.name());
      }
    }
    return trace;
  }

  private static void assertSame(AttentionTrace expected, AttentionTrace actual) {
    assertEquals(expected.maps().size(), actual.maps().size());
    for (int i = 0; i < expected.maps().size(); i++) {
      Tensor wanted = expected.maps().get(i).weights();
      Tensor shown = actual.maps().get(i).weights();
      assertEquals(wanted.shape(), shown.shape());
      for (long at = 0; at < wanted.shape().elements(); at++) {
        assertEquals(wanted.at(at), shown.at(at), 1e-5, "map " + i);
      }
    }
  }

  @Test
  void aPairHasItsSegments() throws IOException {
    Path file = onnx("bert-classic-legacy14-dynamic");
    TinyTokenizers.wordPiece(model);
    AttentionTrace trace =
        trace("--model", file, "--text", "The cat sat.", "--pair", "the dogs played");
    List<String> tokens =
        List.of(
            "[CLS]", "the", "cat", "sat", ".", "[SEP]", "the", "dog", "##s", "play", "##ed",
            "[SEP]");
    assertEquals(2, trace.maps().size());
    for (AttentionMap map : trace.maps()) {
      assertEquals(Labels.tokens(tokens), map.keys());
      assertEquals(map.keys(), map.queries());
      assertTrue(map.proof().startsWith("verified: "), map.proof());
    }
    assertEquals("6", trace.facts().get("pair_start"));
    AttentionTrace withoutTypes = trace("--model", file, "--ids", "2,5,6,7,37,3,5,11,17,15,19,3");
    assertTrue(
        Math.abs(
                trace.maps().getFirst().weights().at(7)
                    - withoutTypes.maps().getFirst().weights().at(7))
            > 1e-4,
        "the second text has a segment of its own");
  }

  @Test
  void wordsAreTheSumOfTheirPiecesAsKeysAndTheirMeanAsQueries() throws IOException {
    Path file = onnx("bert-classic-legacy14-dynamic");
    TinyTokenizers.wordPiece(model);
    AttentionMap pieces = trace("--model", file, "--text", "the dogs ran").maps().getFirst();
    AttentionMap words =
        trace("--model", file, "--words", "--text", "the dogs ran").maps().getFirst();
    assertEquals(List.of("[CLS]", "the", "dog", "##s", "ran", "[SEP]"), pieces.keys().texts());
    assertEquals(List.of("[CLS]", "the", "dogs", "ran", "[SEP]"), words.keys().texts());
    for (int head = 0; head < words.heads(); head++) {
      Tensor p = pieces.weights();
      assertEquals(p.get(head, 4, 2) + p.get(head, 4, 3), words.weights().get(head, 3, 2), 1e-6);
      assertEquals(
          (p.get(head, 2, 4) + p.get(head, 3, 4)) / 2, words.weights().get(head, 2, 3), 1e-6);
    }
  }

  /**
   * The same network by three exporters and as a checkpoint, one of them for exactly 2 x 26 tokens.
   */
  @Test
  void everyRouteShowsTheSame() throws IOException {
    Path tokenizer = TinyTokenizers.wordPiece(folder);
    AttentionTrace first =
        trace(
            "--model",
            onnx("bert-classic-legacy14-dynamic"),
            "--tokenizer",
            tokenizer,
            "the good cats sat on a mat");
    for (String fixture :
        List.of("bert-eager-dynamo18", "bert-ort-attention", "bert-sdpa-dynamo20-dynamic")) {
      Path file = ONNX.resolve(fixture).resolve("model.onnx");
      AttentionTrace other =
          trace("--model", file, "--tokenizer", tokenizer, "the good cats sat on a mat");
      assertSame(first, other);
      assertEquals(first.maps().getFirst().keys(), other.maps().getFirst().keys(), fixture);
    }
    AttentionTrace checkpoint =
        trace(
            "--model",
            FOLDERS.resolve("bert"),
            "--tokenizer",
            tokenizer,
            "the good cats sat on a mat");
    assertSame(first, checkpoint);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2-eager-legacy17", "gpt2-ort-attention-past", "gpt2-sdpa-dynamo23"})
  void bytesAreReadableAndACacheIsLeftEmpty(String fixture) throws IOException {
    Path file = onnx(fixture);
    TinyTokenizers.byteLevel(model);
    AttentionMap map = trace("--model", file, "a caté\nsat the cat").maps().getFirst();
    assertEquals(
        List.of(
            "a", "\u2581cat", "<C3>", "<A9>", "\u23ce", "s", "a", "t", "\u2581the", "\u2581cat"),
        map.keys().texts());
    assertEquals(0, map.weights().get(0, 2, 3), 0);
    AttentionMap words = trace("--model", file, "--words", "a caté\nsat the cat").maps().getFirst();
    assertTrue(
        words.keys().texts().containsAll(List.of("a", "caté", "the")), words.keys()::toString);
  }

  @Test
  void aDecoderWithoutItsEncoderNamesWhatItLacks() throws IOException {
    Path file = onnx("marian-decoder-classic-legacy14");
    Files.writeString(
        model.resolve("config.json"),
        "{\"model_type\":\"marian\",\"decoder_start_token_id\":109,\"pad_token_id\":109,\"eos_token_id\":0}");
    TinyTokenizers.unigram(model);
    CommandLineRun refused = explain("--model", file, "the cat");
    assertEquals(2, refused.exitCode(), refused::out);
    assertTrue(
        refused.err().contains("'encoder_hidden_states' (float [2, 27, 32])")
            && refused.err().contains("--input encoder_hidden_states=FILE.npy"),
        refused::err);
    Tensor states =
        Safetensors.open(ONNX.resolve("marian-decoder-classic-legacy14/io.safetensors"))
            .tensor("input.encoder_hidden_states");
    Path array = folder.resolve("states.npy");
    Npy.write(array, states);
    AttentionTrace trace =
        trace("--model", file, "the cats", "--input", "encoder_hidden_states=" + array);
    AttentionMap cross =
        trace.maps().stream()
            .filter(map -> map.label().kind().text().equals("cross"))
            .findFirst()
            .orElseThrow();
    assertEquals(List.of("109", "\u2581the", "\u2581cat", "s"), cross.queries().texts());
    assertEquals(27, cross.keys().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"marian", "t5"})
  void anEncoderDecoderWritesByItself(String fixture) throws IOException {
    Path checkpoint = checkpoint(fixture);
    TinyTokenizers.unigram(checkpoint);
    AttentionTrace trace = trace("--model", checkpoint, "the good cats");
    assertEquals(
        List.of("encoder", "decoder", "cross"),
        trace.maps().stream().map(map -> map.label().kind().text()).distinct().toList());
    AttentionMap cross = trace.maps().getLast();
    assertEquals(
        List.of("\u2581the", "\u2581good", "\u2581cat", "s", "</s>"), cross.keys().texts());
    assertTrue(trace.facts().containsKey("prediction"), trace.facts()::toString);
    assertTrue(
        explain("--model", checkpoint, "the good cats").out().contains("cross 0.0 looks most: '"));
    AttentionTrace told = trace("--model", checkpoint, "the good cats", "--target", "a dog");
    assertEquals(
        List.of("\u2581a", "\u2581dog"), told.maps().getLast().queries().texts().subList(1, 3));
  }

  @Test
  void aPictureBecomesPatches() throws IOException {
    Path file = onnx("vit-sdpa-dynamo18");
    CommandLineRun refused = explain("--model", file, "--image", PICTURE);
    assertEquals(2, refused.exitCode(), refused::out);
    assertTrue(refused.err().contains("preprocessor_config.json"), refused::err);
    Files.writeString(
        model.resolve("preprocessor_config.json"),
        """
        {"do_resize":true,"size":{"height":32,"width":32},"resample":3,"do_center_crop":false,"do_rescale":true,
         "do_normalize":true,"image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5]}
        """);
    AttentionMap map = trace("--model", file, "--image", PICTURE).maps().getFirst();
    assertEquals(Labels.Kind.PATCH, map.keys().kind());
    assertEquals("[CLS]", map.keys().texts().getFirst());
    assertEquals("row 1, column 1", map.keys().texts().get(1));
    assertEquals(List.of(), map.keys().places().getFirst());
    assertEquals(1.0, map.keys().places().getLast().get(3));
    assertTrue(Files.readString(out.resolve("report.html")).contains("data:image/png;base64,"));
  }

  @Test
  void onlyWhatIsAskedForIsShown() throws IOException {
    Path file = onnx("bert-sdpa-dynamo20-dynamic");
    TinyTokenizers.wordPiece(model);
    AttentionTrace trace =
        trace("--model", file, "--layers", "1", "--heads", "2,3", "--text", "the cat");
    assertEquals(1, trace.maps().size());
    assertEquals(2, trace.maps().getFirst().heads());
    Path checkpoint = FOLDERS.resolve("bert");
    AttentionTrace same =
        trace(
            "--model",
            checkpoint,
            "--tokenizer",
            model,
            "--layers",
            "1",
            "--heads",
            "2,3",
            "--text",
            "the cat");
    assertSame(trace, same);
  }

  @Test
  void whatCannotBeReadIsSaid() throws IOException {
    Path bert = ONNX.resolve("bert-eager-dynamo18/model.onnx");
    says("--tokenizer tokenizer.json", "--model", bert, "--text", "the cat");
    TinyTokenizers.wordPiece(folder);
    says("at most 26 tokens", "--model", bert, "--tokenizer", folder, "cat ".repeat(30));
    says("expected one of [input_ids", "--model", bert, "--ids", "2,3", "--input", "x=" + array());
    says("either a text or --ids", "--model", bert, "--ids", "2,3", "text");
    Path whisper = ONNX.resolve("whisper-decoder-eager-dynamo18/model.onnx");
    says("'encoder_hidden_states' (float [2, 28, 28])", "--model", whisper, "--ids", "3,1");
    Path hand = ONNX.resolve("hand-attention23/model.onnx");
    says("'x' (float [2, 11, 24]): --input x=FILE.npy; 'memory'", "--model", hand);
    says("expected an ONNX file or a checkpoint folder", "--model", "dates", "--ids", "2,3");
  }

  private Path array() throws IOException {
    Path file = folder.resolve("array.npy");
    Npy.write(file, Tensor.allocate(1, 2));
    return file;
  }

  private void says(String expected, Object... arguments) {
    CommandLineRun run = explain(arguments);
    assertEquals(2, run.exitCode(), run::out);
    assertTrue(run.err().contains(expected), run::err);
    assertEquals(1, run.errLines().size(), run::err);
  }
}
