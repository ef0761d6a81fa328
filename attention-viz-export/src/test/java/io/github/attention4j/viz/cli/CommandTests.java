package io.github.attention4j.viz.cli;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.checkpoint.Npz;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import io.github.attention4j.viz.format.TraceFile;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands through the real entry point. */
final class CommandTests {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "explain",
        "run",
        "export",
        "analyze",
        "convert",
        "conform",
        "providers",
        "bench",
        "generate-completion"
      })
  void helpExplainsEveryCommand(String command) {
    CommandLineRun run = CommandLineRun.of(command, "--help");
    assertEquals(0, run.exitCode());
    assertTrue(run.out().contains("Usage: attention " + command), run::out);
  }

  @Test
  void helpNamesEveryCommand() {
    CommandLineRun run = CommandLineRun.of("--help");
    assertEquals(0, run.exitCode());
    assertTrue(run.out().contains("explain"), run::out);
    assertTrue(run.out().contains("Exit code"), run::out);
  }

  @Test
  void completionIsAScript() {
    CommandLineRun run = CommandLineRun.of("generate-completion");
    assertEquals(0, run.exitCode());
    assertTrue(run.out().contains("complete -F"), run::out);
  }

  @Test
  void providersAreListedWithWhatTheyRefuse() {
    CommandLineRun run = CommandLineRun.of("providers");
    assertEquals(0, run.exitCode(), run::err);
    for (String id : new String[] {"cpu", "onnx", "reference", "example"}) {
      assertTrue(run.outLines().stream().anyMatch(line -> line.startsWith(id + "  (")), run::out);
    }
    assertTrue(run.out().contains("example: runs only"), run::out);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "onnx", "reference"})
  void explainPrintsPredictionMapAndAlignments(String provider) throws IOException {
    Path out = folder.resolve(provider);
    CommandLineRun run =
        CommandLineRun.of("explain", "Thursday, May 2, 2052", "--provider", provider, "--out", out);
    assertEquals(0, run.exitCode(), run::err);
    assertEquals("2052-05-02", run.outLines().getFirst());
    assertTrue(
        run.out().contains("the month 05 looks at 'May'")
            || run.out().contains("the month 05 at 'May'"),
        run::out);
    assertTrue(run.out().contains("ran on " + provider + " ("), run::out);
    assertFalse(run.out().contains("\u001b"), "colours without a terminal");
    AttentionTrace trace = TraceFile.read(out.resolve("trace.safetensors"));
    assertEquals("2052-05-02", trace.facts().get("prediction"));
    assertTrue(Files.size(out.resolve("report.html")) > 10_000);
  }

  @Test
  void explainNamesTheRolesOfHeadsWithoutCrossAttention() {
    CommandLineRun run =
        CommandLineRun.of(
            "explain",
            "a b c d a b c",
            "--model",
            "induction",
            "--provider",
            "reference",
            "--out",
            folder);
    assertEquals(0, run.exitCode(), run::err);
    assertTrue(run.out().contains("evenly spread"), run::out);
  }

  @Test
  void aModelOfOneNetworkIsExportedUnderTheNameGiven() {
    Path output = folder.resolve("letters.onnx");
    CommandLineRun run = CommandLineRun.of("export", "--model", "induction", "--output", output);
    assertEquals(0, run.exitCode(), run::err);
    assertEquals("wrote " + output, run.out().strip());
    assertTrue(Files.exists(output));
  }

  @Test
  void exportWritesAModelAsItsParts() throws IOException {
    Path output = folder.resolve("dates.onnx");
    CommandLineRun run = CommandLineRun.of("export", "--model", "dates", "--output", output);
    assertEquals(0, run.exitCode(), run::err);
    for (String name : new String[] {"dates", "dates-encoder", "dates-decoder"}) {
      assertTrue(Files.size(folder.resolve(name + ".onnx")) > 1_000_000, run::out);
    }
  }

  @Test
  void runReadsNpzAndWritesWhatWasCaptured() throws IOException {
    Path inputs = folder.resolve("in.npz");
    Npz.write(
        inputs,
        Map.of(
            "query", Tensor.of(new float[] {0, 0}, 1, 1, 1, 2),
            "key", Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 2, 2),
            "value", Tensor.of(new float[] {1, 3}, 1, 1, 2, 1)));
    Path spec =
        Files.writeString(
            folder.resolve("spec.json"),
            "{\"mechanism\": {\"type\": \"Pairwise\", \"score\": \"Dot\"}, \"captures\": [\"Weights\"]}");
    Path output = folder.resolve("out.safetensors");
    CommandLineRun run =
        CommandLineRun.of(
            "run", spec, "--inputs", inputs, "--output", output, "--provider", "reference");
    assertEquals(0, run.exitCode(), run::err);
    Map<String, NdArray> result = Safetensors.open(output).all();
    assertEquals(Tensor.of(new float[] {2}, 1, 1, 1, 1), result.get("output"));
    assertEquals(Tensor.of(new float[] {0.5f, 0.5f}, 1, 1, 1, 2), result.get("weights"));
  }

  @Test
  void conformRunsTheTestsOfOnnx() throws IOException {
    Path tests = Path.of("../attention-onnx-gpu/src/test/resources/onnx-node-tests");
    Path passes = tests.resolve("test_attention_3d_diff_heads_sizes_softcap");
    CommandLineRun run = CommandLineRun.of("conform", "--onnx", passes, "--output", folder);
    assertEquals(0, run.exitCode(), run::err);
    assertTrue(run.out().contains("cpu: 1 tests of onnx, 1 pass, 0 FAIL, 0 refused"), run::out);
    assertTrue(
        Safetensors.open(folder.resolve("test_attention_3d_diff_heads_sizes_softcap.safetensors"))
            .has("Y"));
  }

  @Test
  void conformFailsOnAWrongExpectationOfOnnx() throws IOException {
    Path test =
        Path.of("../attention-onnx-gpu/src/test/resources/onnx-node-tests/test_rotary_embedding");
    Path changed = Files.createDirectories(folder.resolve("changed/test_data_set_0"));
    Files.copy(test.resolve("model.onnx"), changed.resolveSibling("model.onnx"));
    try (var files = Files.newDirectoryStream(test.resolve("test_data_set_0"))) {
      for (Path file : files) {
        Files.copy(file, changed.resolve(file.getFileName()));
      }
    }
    byte[] data = Files.readAllBytes(changed.resolve("output_0.pb"));
    // In the middle of the numbers.
    data[data.length / 2] ^= 0x55;
    data[data.length / 2 + 1] ^= 0x55;
    data[data.length / 2 + 2] ^= 0x55;
    data[data.length / 2 + 3] ^= 0x55;
    Files.write(changed.resolve("output_0.pb"), data);
    CommandLineRun run = CommandLineRun.of("conform", "--onnx", folder.resolve("changed"));
    assertEquals(1, run.exitCode(), run::out);
    assertTrue(run.out().contains("0 pass, 1 FAIL, 0 refused"), run::out);
  }

  @Test
  void conformWritesWhatWasComputed() throws IOException, URISyntaxException {
    Path golden =
        Path.of(
            Objects.requireNonNull(CommandTests.class.getResource("/cases/scaled_dot__padding"))
                .toURI());
    CommandLineRun run =
        CommandLineRun.of("conform", golden, "--provider", "reference", "--output", folder);
    assertEquals(0, run.exitCode(), run::err);
    assertTrue(
        run.out().contains("1 cases, 1 pass, 0 FAIL, 0 refused, 0 not understood"), run::out);
    assertTrue(Safetensors.open(folder.resolve("scaled_dot__padding.safetensors")).has("weights"));
  }

  @Test
  void conformGoesOnAfterACaseItCannotRead() throws IOException, URISyntaxException {
    Path golden =
        Path.of(
            Objects.requireNonNull(CommandTests.class.getResource("/cases/scaled_dot__padding"))
                .toURI());
    Path cases = Files.createDirectory(folder.resolve("cases"));
    for (String name : new String[] {"a_cut", "b_without_data", "c_whole"}) {
      Files.createDirectory(cases.resolve(name));
      Files.copy(golden.resolve("case.json"), cases.resolve(name).resolve("case.json"));
    }
    byte[] data = Files.readAllBytes(golden.resolve("data.safetensors"));
    Files.write(cases.resolve("a_cut/data.safetensors"), Arrays.copyOf(data, data.length - 8));
    Files.write(cases.resolve("c_whole/data.safetensors"), data);
    CommandLineRun run =
        CommandLineRun.of("conform", cases, "--provider", "reference", "--output", folder);
    assertEquals(1, run.exitCode(), run::out);
    assertTrue(
        run.out().lines().anyMatch(line -> line.matches("a_cut .*not understood.*data_offsets.*")),
        run::out);
    assertTrue(
        run.out()
            .lines()
            .anyMatch(line -> line.matches("b_without_data .*not understood.*no such file.*")),
        run::out);
    assertTrue(
        run.out().contains("3 cases, 1 pass, 0 FAIL, 0 refused, 2 not understood"), run::out);
    assertTrue(Files.exists(folder.resolve("c_whole.safetensors")));
  }

  @Test
  void conformFailsOnAWrongExpectation() throws IOException, URISyntaxException {
    Path golden =
        Path.of(
            Objects.requireNonNull(CommandTests.class.getResource("/cases/scaled_dot__padding"))
                .toURI());
    Path changed = Files.createDirectory(folder.resolve("changed"));
    Files.copy(golden.resolve("case.json"), changed.resolve("case.json"));
    byte[] data = Files.readAllBytes(golden.resolve("data.safetensors"));
    long first =
        Safetensors.open(golden.resolve("data.safetensors")).entry("expected.output").begin();
    int header = Math.toIntExact(ByteBuffer.wrap(data).order(LITTLE_ENDIAN).getLong(0));
    // The last byte of a float64 has its exponent.
    data[Math.toIntExact(8 + header + first + 7)] ^= 0x40;
    Files.write(changed.resolve("data.safetensors"), data);
    CommandLineRun run = CommandLineRun.of("conform", changed, "--provider", "reference");
    assertEquals(1, run.exitCode(), run::out);
    assertTrue(run.out().contains("FAIL"), run::out);
  }
}
