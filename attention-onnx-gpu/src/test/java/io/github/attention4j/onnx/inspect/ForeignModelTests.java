package io.github.attention4j.onnx.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.InspectedModel;
import io.github.attention4j.api.spi.MapRequest;
import io.github.attention4j.api.spi.ModelRun;
import io.github.attention4j.api.spi.SiteMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Exports of other makers give the attention that the same network gives in PyTorch or NumPy. */
final class ForeignModelTests {
  static final Path FIXTURES = Path.of("src/test/resources/inspect");

  static Stream<Path> fixtures() throws IOException {
    List<Path> all = new ArrayList<>();
    try (var folders = Files.newDirectoryStream(FIXTURES)) {
      folders.forEach(all::add);
    }
    return all.stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void givesTheExpectedAttention(Path folder) throws IOException {
    Map<String, NdArray> expected = SafetensorsFile.read(folder.resolve("io.safetensors"));
    JsonNode sites = new ObjectMapper().readTree(folder.resolve("sites.json").toFile());
    try (InspectedModel model =
        new OnnxModelInspector().open(folder.resolve("model.onnx"), Settings.defaults())) {
      ModelRun run = model.run(inputs(expected), MapRequest.all().withNorms());
      assertEquals(List.of(), run.refusals());
      assertEquals(sites.size(), run.maps().size(), () -> model.sites().toString());
      for (int i = 0; i < sites.size(); i++) {
        SiteMap map = run.maps().get(i);
        String name = sites.get(i).get("attention").asText();
        assertEquals(sites.get(i).get("node").asText(), map.site().name());
        assertEquals(sites.get(i).get("op").asText(), map.site().operator());
        assertClose((Tensor) array(expected, "expected." + name), map.weights(), name);
        assertTrue(map.proof().contains("verified: "), map.proof());
        assertTrue(!map.proof().contains("not verified"), map.proof());
        assertTrue(map.proof().contains("P·V is what the model computed"), map.proof());
        assertEquals(
            kind(folder, name, i == sites.size() - 1),
            map.site().label().kind().text(),
            () -> map.site().toString());
        if (!folder.getFileName().toString().startsWith("hand-")) {
          assertEquals(
              Integer.parseInt(name.substring(name.indexOf('.') + 1)),
              map.site().label().layer(),
              () -> map.site().toString());
        }
        assertNotNull(map.norms(), map.normsReason());
      }
      for (Map.Entry<String, NdArray> output : run.outputs().entrySet()) {
        Tensor wanted = (Tensor) array(expected, "expected." + output.getKey());
        for (long at = 0; at < wanted.shape().elements(); at++) {
          assertEquals(wanted.at(at), ((Tensor) output.getValue()).at(at), 1e-4f);
        }
      }
    }
  }

  /**
   * The hand-made fixtures look at themselves and at last at a memory, as decoders do, under names
   * that do not say so.
   */
  private static String kind(Path folder, String name, boolean last) {
    if (folder.getFileName().toString().startsWith("hand-")) {
      return last ? "cross" : "decoder";
    }
    return name.startsWith("attentions") ? "encoder" : name.substring(0, name.indexOf('_'));
  }

  static NdArray array(Map<String, NdArray> arrays, String name) {
    NdArray array = arrays.get(name);
    if (array == null) {
      throw new AssertionError("no " + name + " in " + arrays.keySet());
    }
    return array;
  }

  static Inputs inputs(Map<String, NdArray> arrays) {
    Inputs inputs = Inputs.none();
    for (Map.Entry<String, NdArray> entry : arrays.entrySet()) {
      if (entry.getKey().startsWith("input.")) {
        inputs = inputs.with(entry.getKey().substring("input.".length()), entry.getValue());
      }
    }
    return inputs;
  }

  static void assertClose(Tensor expected, Tensor actual, String name) {
    assertEquals(expected.shape(), actual.shape(), name);
    for (long at = 0; at < expected.shape().elements(); at++) {
      assertEquals(expected.at(at), actual.at(at), 1e-5f, name);
    }
  }
}
