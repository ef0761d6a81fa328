package io.github.attention4j.viz.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.MapLabel.Kind;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TraceFormatsTests {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Labels SOURCE =
      Labels.tokens(
          List.of(
              "</script><b>",
              "\"q\",'\n",
              "\u2028",
              "שלום",
              "👩‍🚀" + "x".repeat(10_000),
              "[SEP]"));
  private static final Labels TARGET = Labels.tokens(List.of("a", "", "c"));

  private static final List<AttentionMap> ENCODER =
      List.of(map(Kind.ENCODER, 0, SOURCE, SOURCE), map(Kind.ENCODER, 1, SOURCE, SOURCE));
  private static final List<AttentionMap> DECODER =
      List.of(map(Kind.DECODER, 0, TARGET, TARGET), map(Kind.DECODER, 1, TARGET, TARGET));
  private static final List<AttentionMap> CROSS =
      List.of(map(Kind.CROSS, 0, TARGET, SOURCE), map(Kind.CROSS, 1, TARGET, SOURCE));

  private static final AttentionTrace ALL =
      new AttentionTrace(
          java.util.stream.Stream.of(ENCODER, DECODER, CROSS).flatMap(List::stream).toList(),
          Map.of("model", "</script>"));
  private static final AttentionTrace STACK = new AttentionTrace(ENCODER, Map.of());

  @TempDir private Path folder;

  /** Two heads; no two cells of a layer are equal. */
  private static AttentionMap map(Kind kind, int layer, Labels queries, Labels keys) {
    Tensor weights = Tensor.allocate(2, queries.size(), keys.size());
    for (int i = 0; i < weights.shape().elements(); i++) {
      weights.set(i, (i + 1 + 0.5f * layer) / (weights.shape().elements() + 1));
    }
    return new AttentionMap(
        kind.text() + layer, new MapLabel(kind, layer), weights, queries, keys, "verified");
  }

  private JsonNode json(String format, AttentionTrace trace, FormatOptions options)
      throws IOException {
    Path file = folder.resolve(format + ".json");
    TraceFormats.named(format).write(trace, options, file);
    String text = Files.readString(file, StandardCharsets.US_ASCII);
    assertFalse(text.contains("<"), "safe inside a script element");
    return JSON.readTree(text);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.textValue()));
    return texts;
  }

  private static List<TraceFormat> formats() {
    return TraceFormats.all();
  }

  @ParameterizedTest
  @MethodSource("formats")
  void everyFormatHoldsAnyToken(TraceFormat format) throws IOException {
    Path file = folder.resolve("trace." + format.suffix());
    format.write(STACK, FormatOptions.ALL, file);
    assertTrue(Files.size(file) > 100);
    try (var left = Files.list(folder)) {
      assertEquals(List.of(file), left.toList(), "no temporary file stays behind");
    }
  }

  @Test
  void bertVizLooksFromQueriesToKeys() throws IOException {
    JsonNode params = json("bertviz-head", ALL, FormatOptions.ALL);
    JsonNode sets = params.get("attention");
    assertEquals(3, sets.size());
    assertEquals("Cross", sets.get(2).get("name").textValue());
    assertEquals(SOURCE.texts(), texts(sets.get(2).get("right_text")));
    assertEquals(TARGET.texts(), texts(sets.get(2).get("left_text")));
    assertEquals(
        CROSS.get(1).weights().get(0, 2, 5),
        sets.get(2).get("attn").get(1).get(0).get(2).get(5).floatValue());
    JsonNode model = json("bertviz-model", ALL, FormatOptions.ALL);
    assertEquals(sets, model.get("attention"));
    assertEquals(2, model.get("total_heads").intValue());
    assertTrue(
        json("bertviz-head", STACK, FormatOptions.ALL)
            .get("attention")
            .get(0)
            .get("name")
            .isNull());
  }

  @Test
  void bertVizSplitsPairs() throws IOException {
    JsonNode sets = json("bertviz-head", STACK, FormatOptions.ALL.pairFrom(4)).get("attention");
    List<String> names = new ArrayList<>();
    sets.forEach(set -> names.add(set.get("name").textValue()));
    assertEquals(
        List.of(
            "All",
            "Sentence A -> Sentence A",
            "Sentence B -> Sentence B",
            "Sentence A -> Sentence B",
            "Sentence B -> Sentence A"),
        names);
    assertEquals(SOURCE.texts().subList(0, 4), texts(sets.get(3).get("left_text")));
    assertEquals(SOURCE.texts().subList(4, 6), texts(sets.get(3).get("right_text")));
    assertEquals(
        ENCODER.get(0).weights().get(1, 3, 5),
        sets.get(3).get("attn").get(0).get(1).get(3).get(1).floatValue());
    assertEquals(
        ENCODER.get(0).weights().get(1, 5, 3),
        sets.get(4).get("attn").get(0).get(1).get(1).get(3).floatValue());
    FormatOptions outside = FormatOptions.ALL.pairFrom(6);
    assertThrows(IllegalArgumentException.class, () -> json("bertviz-head", STACK, outside));
  }

  @Test
  void tensorToTensorPutsTheMemoryOnTop() throws IOException {
    JsonNode all = json("tensor2tensor", ALL, FormatOptions.ALL);
    JsonNode inpOut = all.get("inp_out");
    assertEquals(SOURCE.texts(), texts(inpOut.get("top_text")));
    assertEquals(TARGET.texts(), texts(inpOut.get("bot_text")));
    float cross = CROSS.get(1).weights().get(1, 2, 4);
    assertEquals(cross, inpOut.get("att").get(1).get(1).get(2).get(4).floatValue());
    JsonNode whole = all.get("all").get("att").get(1).get(1);
    assertEquals(9, whole.size());
    assertEquals(9, whole.get(0).size());
    assertEquals(cross, whole.get(6 + 2).get(4).floatValue());
    assertEquals(DECODER.get(1).weights().get(1, 2, 1), whole.get(6 + 2).get(6 + 1).floatValue());
    assertEquals(ENCODER.get(1).weights().get(1, 2, 1), whole.get(2).get(1).floatValue());
    assertEquals(0, whole.get(2).get(6).floatValue());
    assertEquals(List.of("all", "inp_inp"), names(json("tensor2tensor", STACK, FormatOptions.ALL)));
    AttentionTrace uneven =
        new AttentionTrace(
            List.of(ENCODER.get(0), DECODER.get(0), CROSS.get(0), CROSS.get(1)), Map.of());
    assertThrows(
        IllegalArgumentException.class, () -> json("tensor2tensor", uneven, FormatOptions.ALL));
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void circuitsVisNamesTheHeadsOfAllLayers() throws IOException {
    JsonNode props = json("circuitsvis", STACK, FormatOptions.ALL);
    assertEquals(List.of("L0H0", "L0H1", "L1H0", "L1H1"), texts(props.get("attentionHeadNames")));
    assertEquals(SOURCE.texts(), texts(props.get("tokens")));
    assertEquals(
        ENCODER.get(1).weights().get(0, 5, 1),
        props.get("attention").get(2).get(5).get(1).floatValue());
    assertFalse(props.get("maskUpperTri").booleanValue());
    assertThrows(IllegalArgumentException.class, () -> json("circuitsvis", ALL, FormatOptions.ALL));
  }

  @Test
  void inseqIsTransposed() throws IOException {
    JsonNode sequence = json("inseq", ALL, FormatOptions.ALL).get("sequence_attributions").get(0);
    assertEquals(
        CROSS.get(1).weights().get(0, 2, 5),
        sequence.get("source_attributions").get(5).get(2).get(1).get(0).floatValue());
    assertEquals(
        DECODER.get(0).weights().get(1, 2, 0),
        sequence.get("target_attributions").get(0).get(2).get(0).get(1).floatValue());
    assertEquals("שלום", sequence.get("source").get(3).get("token").textValue());
  }

  @Test
  void safetensorsComeBackEqual() throws IOException {
    Path file = folder.resolve("trace.safetensors");
    TraceFormats.named("safetensors").write(ALL, FormatOptions.ALL, file);
    assertEquals(ALL, TraceFile.read(file));
  }

  @Test
  void csvHasALinePerCell() throws IOException {
    Path file = folder.resolve("trace.csv");
    TraceFormats.named("csv").write(ALL, FormatOptions.ALL.ofKind(Kind.CROSS).ofLayer(1), file);
    List<List<String>> lines = CsvLines.of(Files.readString(file));
    assertEquals(1 + 2 * 3 * 6, lines.size());
    assertEquals(
        List.of(
            "cross1",
            "cross",
            "1",
            "1",
            "2",
            "4",
            "c",
            SOURCE.texts().get(4),
            Float.toString(CROSS.get(1).weights().get(1, 2, 4))),
        lines.get(1 + 18 + 12 + 4));
    FormatOptions strongest = FormatOptions.ALL.ofKind(Kind.CROSS).ofLayer(1).ofHead(0).top(2);
    TraceFormats.named("csv").write(ALL, strongest, file);
    lines = CsvLines.of(Files.readString(file));
    assertEquals(1 + 3 * 2, lines.size());
    assertEquals(List.of("4", "5"), List.of(lines.get(1).get(5), lines.get(2).get(5)));
    TraceFormats.named("csv").write(ALL, strongest.from(0.999), file);
    assertEquals(1, CsvLines.of(Files.readString(file)).size());
  }

  @Test
  void vegaLiteHoldsItsData() throws IOException {
    JsonNode chart = json("vega-lite", ALL, FormatOptions.ALL.ofKind(Kind.CROSS).ofHead(1));
    assertEquals(3 * 6, chart.get("data").get("values").size());
    JsonNode cell = chart.get("data").get("values").get(6 + 3);
    assertEquals("שלום", cell.get("key_token").textValue());
    assertEquals(CROSS.get(1).weights().get(1, 1, 3), cell.get("weight").floatValue());
    assertEquals("key", chart.at("/spec/encoding/x/field").textValue());
    assertTrue(chart.at("/spec/encoding/x/axis/labelExpr").textValue().startsWith("['</script>"));
  }

  @Test
  void pngHasASquarePerCell() throws Exception {
    Path file = folder.resolve("trace.png");
    TraceFormats.named("png").write(ALL, FormatOptions.ALL.ofKind(Kind.CROSS).ofHead(0), file);
    ByteBuffer png = ByteBuffer.wrap(Files.readAllBytes(file));
    int cell = 800 / 6;
    assertEquals(6 * cell, png.getInt(16));
    assertEquals(3 * cell, png.getInt(20));
    int length = png.getInt(33);
    byte[] pixels = new byte[(3 * 6 * cell + 1) * 3 * cell];
    try (Inflater inflater = new Inflater()) {
      inflater.setInput(png.array(), 41, length);
      assertEquals(pixels.length, inflater.inflate(pixels));
    }
    int last = pixels.length - 3;
    assertEquals(
        0x071f4d,
        ((pixels[last] & 0xff) << 16)
            | ((pixels[last + 1] & 0xff) << 8)
            | (pixels[last + 2] & 0xff),
        "the largest weight is darkest");
  }

  /** NumPy itself is the judge, where it is installed. */
  @Test
  void numpyReadsItsArchive() throws Exception {
    Path file = folder.resolve("trace.npz");
    TraceFormats.named("npz").write(ALL, FormatOptions.ALL, file);
    Path script =
        Files.writeString(
            folder.resolve("read.py"),
            """
            import json, sys
            import numpy as np
            d = np.load(sys.argv[1])
            t = json.loads(str(d["trace"]))
            assert d["map.5"].shape == (2, 3, 6) and d["map.5"].dtype == np.float32
            assert [str(x) for x in d["keys.5"]] == t["maps"][5]["keys"]["texts"]
            assert t["maps"][5]["kind"] == "cross" and t["facts"]["model"] == "</script>"
            print(repr(float(d["map.5"][1, 2, 4])), len(str(d["keys.5"][4])), ascii(str(d["keys.5"][2])))
            """);
    String answer = python(script, file);
    assertEquals((double) CROSS.get(1).weights().get(1, 2, 4) + " 10003 '\\u2028'", answer.strip());
  }

  private static String python(Path script, Path file) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("python3", script.toString(), file.toString());
    builder.redirectErrorStream(true);
    Process process;
    try {
      process = builder.start();
    } catch (IOException missing) {
      assumeTrue(false, "python3 is not installed");
      throw missing;
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    assumeTrue(!output.contains("No module named 'numpy'"), "numpy is not installed");
    assertEquals(0, process.exitValue(), output);
    return output;
  }

  @Test
  void unknownFormatsAndPlacesAreNamed() {
    assertThrows(IllegalArgumentException.class, () -> TraceFormats.named("bertvis"));
    assertThrows(
        IllegalArgumentException.class,
        () -> json("vega-lite", STACK, FormatOptions.ALL.ofKind(Kind.CROSS)));
    assertThrows(
        IllegalArgumentException.class,
        () -> json("vega-lite", STACK, FormatOptions.ALL.ofHead(2)));
  }
}
