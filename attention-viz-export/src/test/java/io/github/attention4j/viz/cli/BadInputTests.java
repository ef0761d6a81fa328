package io.github.attention4j.viz.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bad input is one line on the error stream and exit code 2, and leaves nothing half-written. */
final class BadInputTests {
  private static final String CAUSAL =
      """
      {"mechanism": {"type": "Pairwise", "score": "ScaledDot", "scope": "Causal"}, "captures": ["Weights"]}
      """;

  @TempDir Path folder;

  @Test
  void unknownCommandNamesWhatExists() {
    expectLine("foo", "explain", "conform", "'foo'");
  }

  @Test
  void noCommandNamesWhatExists() {
    refused(CommandLineRun.of(), "explain", "conform");
  }

  @Test
  void unknownOption() {
    refused(CommandLineRun.of("providers", "--colour"), "--colour", "--help");
  }

  @Test
  void unknownProviderNamesWhatExists() {
    refused(
        CommandLineRun.of("--provider", "abacus", "explain", "x", "--out", folder),
        "abacus",
        "cpu",
        "onnx",
        "reference");
  }

  @Test
  void unknownDevice() {
    refused(CommandLineRun.of("providers", "--device", "tpu"), "device", "tpu");
  }

  @Test
  void emptyText() {
    refused(explain(""), "text", "empty");
  }

  @Test
  void tooLongText() {
    refused(explain("1".repeat(200)), "text", "200");
  }

  @Test
  void unknownCharactersRunAndAreNamed() {
    CommandLineRun run = explain("May 2, 2052 ☃");
    assertEquals(0, run.exitCode(), run::err);
    assertTrue(run.out().contains("'☃'"), run::out);
  }

  @Test
  void unknownModelNamesWhatExists() {
    refused(
        CommandLineRun.of("explain", "x", "--model", folder.resolve("none"), "--out", folder),
        "model",
        "dates");
  }

  @Test
  void modelFolderWithAMissingFile() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    Files.writeString(model.resolve("config.json"), "{}");
    refused(
        CommandLineRun.of("explain", "x", "--model", model, "--out", folder.resolve("out")),
        "model");
  }

  @Test
  void outputFolderThatIsAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "mine");
    refused(CommandLineRun.of("explain", "May 2, 2052", "--out", file), "file");
    assertEquals("mine", Files.readString(file));
  }

  @Test
  void outputFolderThatCannotBeWritten() throws IOException {
    Path locked = Files.createDirectory(folder.resolve("locked"));
    assertTrue(locked.toFile().setWritable(false));
    // A superuser may write anywhere.
    assumeFalse(Files.isWritable(locked));
    refused(CommandLineRun.of("explain", "May 2, 2052", "--out", locked), "locked");
  }

  @Test
  void anOutputFolderBelowAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "kept");
    refused(CommandLineRun.of("explain", "May 2, 2052", "--out", file.resolve("out")), "file");
    assertEquals("kept", Files.readString(file));
  }

  @Test
  void missingInputs() throws IOException {
    refused(run(CAUSAL, folder.resolve("none.npz")), "none.npz", "no such file");
  }

  @Test
  void malformedJson() throws IOException {
    refused(run("{\"mechanism\": ", inputs(4, 4, 4)), "spec.json", "JSON", "line 1");
  }

  @Test
  void jsonWithAKeyTwice() throws IOException {
    refused(run("{\"mechanism\": 1, \"mechanism\": 2}", inputs(4, 4, 4)), "Duplicate");
  }

  @Test
  void unknownTermNamesWhatExists() throws IOException {
    refused(
        run("{\"mechanism\": {\"type\": \"Telepathy\"}}", inputs(4, 4, 4)),
        "Telepathy",
        "Pairwise");
  }

  @Test
  void unknownField() throws IOException {
    refused(
        run(
            "{\"mechanism\": {\"type\": \"Pairwise\", \"score\": \"Dot\", \"scoop\": 1}}",
            inputs(4, 4, 4)),
        "scoop",
        "scope");
  }

  @Test
  void mismatchedShapes() throws IOException {
    refused(run(CAUSAL, inputs(4, 5, 4)), "key", "5");
  }

  @Test
  void wrongType() throws IOException {
    Path file = folder.resolve("ids.safetensors");
    Map<String, NdArray> arrays = arrays(4, 4, 4);
    arrays.put("key", LongTensor.allocate(1, 1, 3, 4));
    SafetensorsWriter.write(file, arrays, Map.of());
    refused(run(CAUSAL, file), "key", "int64");
  }

  @Test
  void missingArray() throws IOException {
    Path file = folder.resolve("two.safetensors");
    Map<String, NdArray> arrays = arrays(4, 4, 4);
    arrays.remove("value");
    SafetensorsWriter.write(file, arrays, Map.of());
    refused(run(CAUSAL, file), "value");
  }

  @Test
  void outputOfUnknownFormat() throws IOException {
    Path spec = Files.writeString(folder.resolve("spec.json"), CAUSAL);
    refused(
        CommandLineRun.of("run", spec, "--inputs", inputs(4, 4, 4), "--output", "result.csv"),
        ".safetensors",
        "result.csv");
  }

  @Test
  void outputIntoAFolderThatIsNotThere() throws IOException {
    Path spec = Files.writeString(folder.resolve("spec.json"), CAUSAL);
    refused(
        CommandLineRun.of(
            "run", spec, "--inputs", inputs(4, 4, 4), "--output", folder.resolve("no/o.npz")),
        "no");
  }

  @Test
  void safetensorsCutAtEveryByteOfItsHeader() throws IOException {
    byte[] whole = Files.readAllBytes(inputs(4, 4, 4));
    int header =
        Math.toIntExact(8 + ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong(0));
    Random random = new Random(1);
    int[] cuts =
        IntStream.concat(IntStream.rangeClosed(0, header), random.ints(20, header, whole.length))
            .toArray();
    Path spec = Files.writeString(folder.resolve("spec.json"), CAUSAL);
    for (int cut : cuts) {
      Path file = folder.resolve("cut.safetensors");
      Files.write(file, Arrays.copyOf(whole, cut));
      assertThrows(
          IllegalArgumentException.class, () -> ArrayFiles.read(file), () -> "cut at " + cut);
    }
    refused(
        CommandLineRun.of(
            "run",
            spec,
            "--inputs",
            folder.resolve("cut.safetensors"),
            "--output",
            folder.resolve("o.npz")),
        "cut.safetensors");
  }

  @Test
  void safetensorsWhoseSizesOverflow() throws IOException {
    String header =
        "{\"query\":{\"dtype\":\"F32\",\"shape\":[4194305,4194305,211106198978564],\"data_offsets\":[0,16]}}";
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json);
    Path file = folder.resolve("overflow.safetensors");
    Files.write(file, bytes.array());
    refused(run(CAUSAL, file), "overflow.safetensors", "query");
  }

  @Test
  void conformWithoutCases() {
    refused(CommandLineRun.of("conform", folder), "case.json");
    refused(CommandLineRun.of("conform", folder.resolve("none")), "none");
  }

  @Test
  void optionsThatWouldChangeNothingAreRefused() {
    refused(
        CommandLineRun.of("explain", "May 2, 2052", "--norms", "--out", folder), "norms", "dates");
    refused(
        CommandLineRun.of("explain", "May 2, 2052", "--layers", "0", "--out", folder),
        "layers",
        "dates");
  }

  @Test
  void optionsForOtherModelsAreRefused() throws IOException {
    refused(CommandLineRun.of("explain", "x", "--ids", "1", "--out", folder), "--ids", "'dates'");
    refused(CommandLineRun.of("explain", "x", "--words", "--out", folder), "--words", "'dates'");
    refused(CommandLineRun.of("explain", "--inputs", "i.npz", "--head", "0"), "head", "no map is");
    refused(CommandLineRun.of("analyze", "t.safetensors", "--model", "dates"), "--texts");
    refused(
        CommandLineRun.of("export", "s.json", "--output", folder.resolve("m.onnx"), "--no-maps"),
        "--model");
    refused(
        CommandLineRun.of(
            "export",
            "--model",
            "dates",
            "--inputs",
            "i.npz",
            "--output",
            folder.resolve("m.onnx")),
        "SPEC");
    refused(CommandLineRun.of("explain", "x", "--text", "y"), "TEXT", "both");
    refused(CommandLineRun.of("explain", "x", "--option", "foo=bar"), "option", "onnx", "'foo'");
    refused(CommandLineRun.of("explain", "x", "--picture", "p.png"), "picture", "--image");
    Path model = Files.writeString(folder.resolve("model.onnx"), "");
    refused(CommandLineRun.of("explain", "x", "--model", model, "--layer", "0"), "--layers");
  }

  @Test
  void aNamedTextIsATextForEmbeddedModelsToo() {
    CommandLineRun run =
        CommandLineRun.of("explain", "--text", "May 2, 2052", "--out", folder.resolve("out"));
    assertEquals(0, run.exitCode(), run::err);
    assertTrue(run.out().startsWith("2052-05-02"), run::out);
  }

  @Test
  void charactersThatSteerATerminalAreNotPassedOn() {
    CommandLineRun run = explain("May 2, 2052 \u001b[31m\u202e");
    assertEquals(0, run.exitCode(), run::err);
    assertFalse(run.out().contains("\u001b") || run.out().contains("\u202e"), run::out);
  }

  @Test
  void whatTheParserRefusesIsSaidWithoutAProgrammersWords() {
    refused(CommandLineRun.of("explain", "x", "--threads", "x"), "'x' is not a whole number");
    refused(
        CommandLineRun.of("align", "a.wav", "--model", "m", "--temperature", "x"),
        "'x' is not a number");
    refused(
        CommandLineRun.of("align", "a.wav", "--model", "m", "--format", "pdf"),
        "[text, srt, vtt, json], got 'pdf'");
    refused(CommandLineRun.of("align", "a.wav", "--model", "m", "--beam", "0"), "beam", "got 0");
    refused(CommandLineRun.of("align", "a.wav", "--model", "m", "--beam", "100000"), "1 to 100");
  }

  @Test
  void outputsThatCannotBeWrittenAreRefusedBeforeTheWork() throws IOException {
    Path spec = Files.writeString(folder.resolve("spec.json"), CAUSAL);
    Path taken = Files.createDirectory(folder.resolve("taken.npz"));
    Path model = Files.createDirectory(folder.resolve("taken.onnx"));
    Path inputs = inputs(4, 4, 4);
    refused(
        CommandLineRun.of("run", spec, "--inputs", inputs, "--output", taken),
        "taken.npz",
        "expected a file, got a folder");
    refused(CommandLineRun.of("export", spec, "--output", model), "taken.onnx", "got a folder");
    refused(
        CommandLineRun.of("export", spec, "--output", folder.resolve("no/m.onnx")), "no", "folder");
    refused(CommandLineRun.of("bench", "--output", folder.resolve("no/b.json")), "no", "folder");
    refused(CommandLineRun.of("bench", "--compare", "--chart", folder), "got a folder");
  }

  @Test
  void textFilesThatAreNoneAreNamedWithTheLine() throws IOException {
    Path binary = folder.resolve("binary.txt");
    Files.write(binary, new byte[] {'a', '\n', (byte) 0xff, '\n'});
    refused(analyze("--texts", binary), "binary.txt", "UTF-8", "line");
    refused(analyze("--texts", folder), "text file", "folder");
    Path empty = Files.writeString(folder.resolve("empty.txt"), "\n\n");
    refused(analyze("--texts", empty), "empty.txt", "empty lines");
    refused(analyze("--conllu", empty), "empty.txt", "sentence");
    refused(analyze("--coreference", empty), "empty.txt", "text");
    Path second = Files.writeString(folder.resolve("long.txt"), "May 2\n" + "1".repeat(99) + "\n");
    refused(analyze("--texts", second), "long.txt:2: ", "99");
  }

  private CommandLineRun analyze(String option, Path file) {
    return CommandLineRun.of(
        "analyze", option, file, "--model", "dates", "--out", folder.resolve("analysis"));
  }

  private CommandLineRun explain(String text) {
    return CommandLineRun.of(
        "explain", text, "--provider", "reference", "--out", folder.resolve("out"));
  }

  private CommandLineRun run(String spec, Path inputs) throws IOException {
    Path file = Files.writeString(folder.resolve("spec.json"), spec);
    return CommandLineRun.of(
        "run",
        file,
        "--inputs",
        inputs,
        "--output",
        folder.resolve("result.safetensors"),
        "--provider",
        "reference");
  }

  private Path inputs(long querySize, long keySize, long valueSize) throws IOException {
    Path file = folder.resolve("inputs.safetensors");
    SafetensorsWriter.write(file, arrays(querySize, keySize, valueSize), Map.of());
    return file;
  }

  private static Map<String, NdArray> arrays(long querySize, long keySize, long valueSize) {
    return new HashMap<>(
        Map.of(
            "query", Tensor.allocate(1, 1, 2, querySize),
            "key", Tensor.allocate(1, 1, 3, keySize),
            "value", Tensor.allocate(1, 1, 3, valueSize)));
  }

  private static void expectLine(String command, String... parts) {
    refused(CommandLineRun.of(command), parts);
  }

  private static void refused(CommandLineRun run, String... parts) {
    assertEquals(2, run.exitCode(), () -> run.out() + run.err());
    assertEquals(1, run.errLines().size(), run::err);
    assertTrue(run.err().startsWith("attention: "), run::err);
    for (String part : parts) {
      assertTrue(run.err().contains(part), () -> "expected '" + part + "' in " + run.err());
    }
    assertEquals("", run.out());
  }

  @AfterEach
  void nothingIsHalfWritten() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      assertFalse(
          files.anyMatch(
              file -> file.toString().endsWith(".tmp") || file.endsWith("result.safetensors")),
          "left behind in " + folder);
    }
  }
}
