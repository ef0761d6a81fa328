package io.github.attention4j.onnx.inspect;

import static io.github.attention4j.onnx.inspect.HandMadeModel.integer;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.spi.AttentionSite;
import io.github.attention4j.api.spi.InspectedModel;
import io.github.attention4j.api.spi.InspectedModel.Refusal;
import io.github.attention4j.api.spi.MapRequest;
import io.github.attention4j.api.spi.SiteMap;
import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.TensorProto.DataType;
import io.github.attention4j.onnx.proto.TypeProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What counts as attention, what does not, and which maps a run returns. */
final class SiteSelectionTests {
  @TempDir Path folder;

  private final HandMadeModel model = new HandMadeModel(18);

  @Test
  void aPoolingIsNoAttention() {
    String x = model.features("x", 2, 5, 8);
    String scores = model.transpose(model.matMul(x, model.weight(8, 1)), 0, 2, 1);
    model.output(model.matMul(model.softmax(scores), x));
    refusedAs("a gate or a pooling");
  }

  @Test
  void aPoolingWithALearnedQueryIsNoAttention() {
    String x = model.features("x", 2, 5, 8);
    String scores = model.matMul(model.weight(1, 8), model.transpose(x, 0, 2, 1));
    model.output(model.matMul(model.softmax(scores), x));
    refusedAs("a gate or a pooling");
  }

  @Test
  void aGateOverExpertsIsNoAttention() {
    String x = model.features("x", 2, 5, 8);
    String gate = model.softmax(model.matMul(x, model.weight(8, 3)));
    String experts = model.reshape(model.matMul(x, model.weight(8, 3 * 6)), 0, 0, 3, 6);
    model.output(model.matMul(model.node("Unsqueeze", List.of(gate, model.longs(2))), experts));
    refusedAs("a gate or a pooling");
  }

  @Test
  void classProbabilitiesAreNoAttention() {
    String x = model.features("x", 2, 8);
    model.output(model.softmax(model.matMul(x, model.weight(8, 3))));
    try (InspectedModel opened = model.open(folder)) {
      assertEquals(List.of(), opened.sites());
      assertEquals(List.of(), opened.refusals());
      assertEquals(List.of(), opened.run(model.inputs(), MapRequest.all()).maps());
    }
  }

  private void refusedAs(String reason) {
    try (InspectedModel opened = model.open(folder)) {
      assertEquals(List.of(), opened.sites());
      Refusal refusal = opened.refusals().getFirst();
      assertTrue(refusal.reason().contains(reason), refusal.reason());
      assertTrue(refusal.node().startsWith("Softmax"), refusal.node());
    }
  }

  @Test
  void attentionInsideALoopIsRefusedByName() {
    String x = model.features("x", 2, 5, 8);
    ValueInfoProto number = info("number", DataType.INT64_VALUE);
    ValueInfoProto going = info("going", DataType.BOOL_VALUE);
    GraphProto body =
        GraphProto.newBuilder()
            .setName("body")
            .addInput(number)
            .addInput(going)
            .addInput(info("state", DataType.FLOAT_VALUE))
            .addNode(
                NodeProto.newBuilder()
                    .setName("inner")
                    .setOpType("Softmax")
                    .addInput("state")
                    .addOutput("inside"))
            .addNode(NodeProto.newBuilder().setOpType("Identity").addInput("going").addOutput("on"))
            .addOutput(info("on", DataType.BOOL_VALUE))
            .addOutput(info("inside", DataType.FLOAT_VALUE))
            .build();
    String always = model.bytes(DataType.BOOL_VALUE, (byte) 1);
    model.output(model.node("Loop", List.of(model.longs(2), always, x), graph("body", body)));
    try (InspectedModel opened = model.open(folder)) {
      Refusal refusal = opened.refusals().getFirst();
      assertTrue(refusal.node().startsWith("Loop_"), refusal.node());
      assertTrue(refusal.reason().contains("Softmax 'inner'"), refusal.reason());
    }
  }

  @Test
  void attentionInsideAScanIsRefusedByName() {
    String x = model.features("x", 2, 5, 8);
    GraphProto body =
        GraphProto.newBuilder()
            .setName("body")
            .addInput(info("row", DataType.FLOAT_VALUE))
            .addNode(
                NodeProto.newBuilder()
                    .setName("inner")
                    .setOpType("Softmax")
                    .addInput("row")
                    .addOutput("inside"))
            .addOutput(info("inside", DataType.FLOAT_VALUE))
            .build();
    model.output(
        model.node("Scan", List.of(x), graph("body", body), integer("num_scan_inputs", 1)));
    try (InspectedModel opened = model.open(folder)) {
      Refusal refusal = opened.refusals().getFirst();
      assertTrue(refusal.node().startsWith("Scan_"), refusal.node());
      assertTrue(refusal.reason().contains("Softmax 'inner'"), refusal.reason());
    }
  }

  private static ValueInfoProto info(String name, int type) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder().setTensorType(TypeProto.Tensor.newBuilder().setElemType(type)))
        .build();
  }

  private static AttributeProto graph(String name, GraphProto branch) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.GRAPH)
        .setG(branch)
        .build();
  }

  @Test
  void twoTowersAreTextAndVision() {
    String picture = layer(model.features("pixels", 2, 5, 8));
    String ids = model.input("ids", LongTensor.of(new long[] {0, 1, 2, 3}, 2, 2));
    String words =
        layer(model.node("Gather", List.of(model.weight(4, 8), ids), integer("axis", 0)));
    model.output(picture);
    model.output(words);
    try (InspectedModel opened = model.open(folder)) {
      assertEquals(
          List.of("vision", "text"),
          opened.sites().stream().map(site -> site.label().kind().text()).toList());
    }
  }

  /** Self-attention with two heads and a residual. */
  private String layer(String x) {
    return layer(x, x);
  }

  private String layer(String x, String memory) {
    List<String> parts =
        List.of(x, memory, memory).stream()
            .map(from -> model.split(model.matMul(from, model.weight(8, 8)), 2, 4))
            .toList();
    String weights =
        model.softmax(model.matMul(parts.get(0), model.transpose(parts.get(1), 0, 1, 3, 2)));
    String sums = model.matMul(weights, parts.get(2));
    String merged = model.reshape(model.transpose(sums, 0, 2, 1, 3), 0, 0, 8);
    return model.node("Add", List.of(x, model.matMul(merged, model.weight(8, 8))));
  }

  @Test
  void encoderDecoderAndCrossAreToldApartInOneGraph() {
    String ids = model.input("ids", LongTensor.of(new long[] {0, 1, 2, 3, 1, 0}, 2, 3));
    String memory =
        layer(layer(model.node("Gather", List.of(model.weight(4, 8), ids), integer("axis", 0))));
    // The decoder starts from the same ids, shifted inside the graph, as BART does.
    String shifted =
        model.node(
            "Gather",
            List.of(
                model.weight(4, 8),
                model.node("Slice", List.of(ids, model.longs(0), model.longs(2), model.longs(1)))),
            integer("axis", 0));
    String decoded = layer(layer(shifted), memory);
    decoded = layer(layer(decoded), memory);
    decoded = layer(layer(decoded), memory);
    model.output(decoded);
    try (InspectedModel opened = model.open(folder)) {
      assertEquals(
          List.of(
              "encoder 0",
              "encoder 1",
              "decoder 0",
              "cross 0",
              "decoder 1",
              "cross 1",
              "decoder 2",
              "cross 2"),
          opened.sites().stream()
              .map(site -> site.label().kind().text() + " " + site.label().layer())
              .toList());
    }
  }

  @Test
  void towersThatLookAtEachOtherAreTextAndVision() {
    String ids = model.input("ids", LongTensor.of(new long[] {0, 1, 2, 3, 1, 0}, 2, 3));
    String words =
        layer(model.node("Gather", List.of(model.weight(4, 8), ids), integer("axis", 0)));
    String regions = layer(model.features("regions", 2, 5, 8));
    for (int i = 0; i < 2; i++) {
      String words2 = layer(words, regions);
      String regions2 = layer(regions, words);
      words = layer(words2);
      regions = layer(regions2);
    }
    model.output(words);
    model.output(regions);
    try (InspectedModel opened = model.open(folder)) {
      List<String> cycle =
          List.of("text_to_vision", "vision_to_text", "cross_text", "cross_vision");
      List<String> expected = new ArrayList<>(List.of("text", "vision"));
      expected.addAll(cycle);
      expected.addAll(cycle);
      assertEquals(
          expected, opened.sites().stream().map(site -> site.label().kind().text()).toList());
    }
  }

  @Test
  void returnsTheSitesAndHeadsAskedFor() throws IOException {
    Path fixture = ForeignModelTests.FIXTURES.resolve("bert-eager-dynamo18");
    Inputs inputs =
        ForeignModelTests.inputs(SafetensorsFile.read(fixture.resolve("io.safetensors")));
    try (InspectedModel opened =
        new OnnxModelInspector().open(fixture.resolve("model.onnx"), Settings.defaults())) {
      List<SiteMap> all = opened.run(inputs, MapRequest.all()).maps();
      AttentionSite second = opened.sites().get(1);
      List<SiteMap> part =
          opened
              .run(inputs, MapRequest.all().sites(Set.of(second.name())).heads(Set.of(3, 1)))
              .maps();
      assertEquals(List.of(second), part.stream().map(SiteMap::site).toList());
      assertArrayEquals(new long[] {2, 2, 26, 26}, part.getFirst().weights().shape().toArray());
      assertEquals(all.get(1).weights().get(1, 3, 5, 7), part.getFirst().weights().get(1, 1, 5, 7));
      IllegalArgumentException tooMany =
          assertThrows(
              IllegalArgumentException.class,
              () -> opened.run(inputs, MapRequest.all().maximumBytes(43_000)));
      assertTrue(
          String.valueOf(tooMany.getMessage()).contains("2 sites with 43264"),
          tooMany.getMessage());
      // Two maps with one head each fit where each is run by itself: besides a map of 21632 bytes,
      // a
      // run returns its values and weighted sums.
      List<SiteMap> heads =
          opened.run(inputs, MapRequest.all().heads(Set.of(2)).maximumBytes(45_000)).maps();
      assertEquals(2, heads.size());
      assertEquals(all.get(1).weights().get(0, 2, 3, 4), heads.get(1).weights().get(0, 0, 3, 4));
      assertEquals(
          1,
          opened
              .run(inputs, MapRequest.all().sites(Set.of(second.name())).maximumBytes(43_000))
              .maps()
              .size());
    }
  }

  @Test
  void readsNodesInTheOrderTheyRunWhateverTheOrderInTheFile() {
    String ids = model.input("ids", LongTensor.of(new long[] {0, 1, 2, 3, 1, 0}, 2, 3));
    String x = model.node("Gather", List.of(model.weight(4, 8), ids), integer("axis", 0));
    model.output(layer(layer(x)));
    List<NodeProto> reversed = new ArrayList<>(model.graph().getNodeList());
    Collections.reverse(reversed);
    List<String> names =
        model.graph().getNodeList().stream()
            .filter(node -> node.getOpType().equals("Softmax"))
            .map(NodeProto::getName)
            .toList();
    model.graph().clearNode().addAllNode(reversed);
    List<SiteMap> maps = model.run(folder).maps();
    assertEquals(names, maps.stream().map(map -> map.site().name()).toList());
    assertTrue(maps.getFirst().proof().startsWith("verified: "), maps.getFirst().proof());
  }

  @Test
  void saysWhichInputIsMissingOrWrong() {
    model.output(layer(model.features("x", 2, 5, 8)));
    try (InspectedModel opened = model.open(folder)) {
      assertTrue(message(opened, Inputs.none()).contains("expected 'x' (float [x0, x1, x2])"));
      assertTrue(message(opened, model.inputs().with("y", model.noise(1))).contains("got 'y'"));
      assertTrue(
          message(opened, Inputs.none().with("x", model.noise(2, 8)))
              .contains("x: expected [-1, -1, -1] (-1 is any size), got float32 [2, 8]"));
    }
  }

  private static String message(InspectedModel opened, Inputs inputs) {
    return String.valueOf(
        assertThrows(IllegalArgumentException.class, () -> opened.run(inputs, MapRequest.all()))
            .getMessage());
  }
}
