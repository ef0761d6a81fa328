package io.github.attention4j.onnx.inspect;

import static io.github.attention4j.onnx.inspect.HandMadeModel.integer;
import static io.github.attention4j.onnx.inspect.HandMadeModel.number;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.InspectedModel;
import io.github.attention4j.api.spi.MapRequest;
import io.github.attention4j.api.spi.ModelPort;
import io.github.attention4j.api.spi.ModelRun;
import io.github.attention4j.api.spi.SiteMap;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.TensorProto.DataType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention in one operator, with every form of mask and cache it takes. */
final class FusedOperatorTests {
  private static final int BATCH = 2;
  private static final int LENGTH = 4;
  private static final int HEADS = 4;
  private static final int SIZE = 8;
  private static final int MODEL = HEADS * SIZE;
  private static final double NEVER = Double.NEGATIVE_INFINITY;

  @TempDir Path folder;

  private final HandMadeModel model = new HandMadeModel(23);
  private final Tensor x = model.noise(BATCH, LENGTH, 5);

  private static void check(Tensor expected, SiteMap map, double tolerance) {
    assertEquals(expected.shape(), map.weights().shape());
    for (long at = 0; at < expected.shape().elements(); at++) {
      assertEquals(expected.at(at), map.weights().at(at), tolerance, "cell " + at);
    }
    assertTrue(map.proof().matches("(recomputed and )?verified: .*"), map.proof());
  }

  private SiteMap only(ModelRun run) {
    assertEquals(List.of(), run.refusals());
    assertEquals(1, run.maps().size());
    return run.maps().getFirst();
  }

  static Stream<Arguments> masks() {
    long[] byQuery = new long[BATCH * LENGTH * LENGTH];
    for (int i = 0; i < byQuery.length; i++) {
      byQuery[i] = i % LENGTH <= (i / LENGTH) % LENGTH ? 1 : 0;
    }
    NaiveAttention.Bias causal = (b, h, q, k) -> k <= q ? 0 : NEVER;
    return Stream.of(
        Arguments.of(
            LongTensor.of(new long[] {4, 3}, 2),
            (NaiveAttention.Bias) (b, h, q, k) -> k < 4 - b ? 0 : NEVER),
        Arguments.of(
            LongTensor.of(new long[] {4, 3, 1, 0}, 4),
            (NaiveAttention.Bias) (b, h, q, k) -> k < 4 - b && k >= 1 - b ? 0 : NEVER),
        Arguments.of(
            LongTensor.of(new long[] {0, 1, 1, 1, 1, 1, 1, 0}, 2, 4),
            (NaiveAttention.Bias)
                (b, h, q, k) -> (b == 0 && k > 0) || (b == 1 && k < 3) ? 0 : NEVER),
        Arguments.of(LongTensor.of(byQuery, 2, 4, 4), causal));
  }

  @ParameterizedTest
  @MethodSource("masks")
  void recomputesMicrosoftsAttention(LongTensor mask, NaiveAttention.Bias bias) {
    String weights = model.weight(5, 3L * MODEL);
    String result =
        model.node(
            "com.microsoft::Attention",
            List.of(
                model.input("x", x),
                weights,
                model.floats(new float[3 * MODEL], 3L * MODEL),
                model.input("mask", mask, DataType.INT32_VALUE)),
            integer("num_heads", HEADS));
    model.output(model.matMul(result, model.weight(MODEL, 6)));
    SiteMap map = only(model.run(folder));
    check(expected(model.constant(weights), bias), map, 1e-5);
    assertTrue(map.proof().contains("masked cells are 0"), map.proof());
    assertTrue(map.proof().startsWith("recomputed"), map.proof());
  }

  private Tensor expected(float[] weights, NaiveAttention.Bias bias) {
    double[][][] all = NaiveAttention.project(x, weights, 3 * MODEL);
    return NaiveAttention.probabilities(
        part(all, 0, MODEL),
        part(all, MODEL, MODEL),
        HEADS,
        HEADS,
        1 / Math.sqrt(SIZE),
        bias,
        NEVER);
  }

  private static double[][][] part(double[][][] all, int from, int width) {
    return Stream.of(all)
        .map(rows ->
            Stream.of(rows)
                .map(row -> Arrays.copyOfRange(row, from, from + width))
                .toArray(double[][]::new))
        .toArray(double[][][]::new);
  }

  @Test
  void recomputesQuantisedAttention() {
    byte[] weights = new byte[5 * 3 * MODEL];
    float[] plain = new float[weights.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (byte) (i * 37 % 200 - 100);
      plain[i] = weights[i] * 0.01f;
    }
    var tensor =
        TensorProto.newBuilder()
            .setName("packed")
            .setDataType(DataType.INT8_VALUE)
            .addDims(5)
            .addDims(3L * MODEL)
            .setRawData(ByteString.copyFrom(weights));
    model.graph().addInitializer(tensor);
    String[] quantised = model.nodes("DynamicQuantizeLinear", List.of(model.input("x", x)), 3);
    String result =
        model.node(
            "com.microsoft::QAttention",
            List.of(
                quantised[0],
                "packed",
                model.floats(new float[3 * MODEL], 3L * MODEL),
                quantised[1],
                model.scalar(0.01f),
                "",
                quantised[2],
                model.bytes(DataType.INT8_VALUE, (byte) 0)),
            integer("num_heads", HEADS),
            integer("unidirectional", 1));
    model.output(model.matMul(result, model.weight(MODEL, 6)));
    check(expected(plain, (b, h, q, k) -> k <= q ? 0 : NEVER), only(model.run(folder)), 2e-2);
  }

  @Test
  void readsGroupedQueries() {
    String queryWeight = model.weight(5, MODEL);
    String keyWeight = model.weight(5, 2 * SIZE);
    String input = model.input("x", x);
    String[] results =
        model.nodes(
            "com.microsoft::GroupQueryAttention",
            List.of(
                model.matMul(input, queryWeight),
                model.matMul(input, keyWeight),
                model.matMul(input, model.weight(5, 2 * SIZE)),
                "",
                "",
                model.input("last", LongTensor.of(new long[] {3, 3}, 2), DataType.INT32_VALUE),
                model.input("total", LongTensor.of(new long[] {4}, 1), DataType.INT32_VALUE)),
            3,
            integer("num_heads", HEADS),
            integer("kv_num_heads", 2),
            number("scale", 0.9f));
    model.output(model.matMul(results[0], model.weight(MODEL, 6)));
    check(
        NaiveAttention.probabilities(
            NaiveAttention.project(x, model.constant(queryWeight), MODEL),
            NaiveAttention.project(x, model.constant(keyWeight), 2 * SIZE),
            HEADS,
            2,
            0.9f,
            (b, h, q, k) -> k <= q ? 0 : NEVER,
            NEVER),
        only(model.run(folder)),
        1e-5);
  }

  @Test
  void seesKeysAndValuesOfTheCache() {
    String input = model.input("x", x);
    String query = model.split(model.matMul(input, model.weight(5, MODEL)), HEADS, SIZE);
    String key = model.split(model.matMul(input, model.weight(5, 2 * SIZE)), 2, SIZE);
    String value = model.split(model.matMul(input, model.weight(5, 2 * SIZE)), 2, SIZE);
    String[] results =
        model.nodes(
            "Attention",
            List.of(
                query,
                key,
                value,
                "",
                model.features("pastKey", BATCH, 2, 3, SIZE),
                model.features("pastValue", BATCH, 2, 3, SIZE)),
            3,
            integer("is_causal", 1));
    model.output(model.merge(results[0], HEADS, SIZE));
    SiteMap map = only(model.run(folder));
    assertEquals(3 + LENGTH, map.weights().shape().size(3));
    assertEquals(0, map.weights().get(1, 3, 0, 4));
    assertTrue(map.weights().get(1, 3, 0, 3) > 0);
    assertTrue(map.proof().startsWith("verified: "), map.proof());
  }

  @Test
  void leavesACacheEmptyThatIsNotGiven() {
    String input = model.input("x", x);
    NdArray past = model.noise(BATCH, HEADS, 3, SIZE);
    String query = model.split(model.matMul(input, model.weight(5, MODEL)), HEADS, SIZE);
    String key =
        model.node(
            "Concat",
            List.of(
                model.input("pastKey", past),
                model.split(model.matMul(input, model.weight(5, MODEL)), HEADS, SIZE)),
            integer("axis", 2));
    String value =
        model.node(
            "Concat",
            List.of(
                model.input("pastValue", past),
                model.split(model.matMul(input, model.weight(5, MODEL)), HEADS, SIZE)),
            integer("axis", 2));
    for (int i = 1; i < 3; i++) {
      var shape =
          model
              .graph()
              .getInputBuilder(i)
              .getTypeBuilder()
              .getTensorTypeBuilder()
              .getShapeBuilder();
      shape.getDimBuilder(0).setDimParam("x0");
      shape.getDimBuilder(1).setDimValue(HEADS);
      shape.getDimBuilder(2).setDimParam("past");
      shape.getDimBuilder(3).setDimValue(SIZE);
    }
    String weights = model.softmax(model.matMul(query, model.transpose(key, 0, 1, 3, 2)));
    model.output(model.merge(model.matMul(weights, value), HEADS, SIZE));
    try (InspectedModel opened = model.open(folder)) {
      assertEquals(
          List.of(false, true, true), opened.inputs().stream().map(ModelPort::optional).toList());
      assertEquals("encoder", opened.sites().getFirst().label().kind().text());
      ModelRun full = opened.run(model.inputs(), MapRequest.all());
      assertEquals(7, full.maps().getFirst().weights().shape().size(3));
      ModelRun first = opened.run(Inputs.none().with("x", x), MapRequest.all());
      assertEquals(4, first.maps().getFirst().weights().shape().size(3));
    }
  }

  @Test
  void readsMultiHeadAttentionWithACacheAndAMask() {
    String input = model.input("x", x);
    List<String> projected =
        Stream.of(0, 1, 2).map(i -> model.matMul(input, model.weight(5, MODEL))).toList();
    String[] results =
        model.nodes(
            "com.microsoft::MultiHeadAttention",
            List.of(
                projected.get(0),
                projected.get(1),
                projected.get(2),
                model.weight(3L * MODEL),
                "",
                model.features("bias", 1, HEADS, LENGTH, LENGTH + 3),
                model.features("pastKey", BATCH, HEADS, 3, SIZE),
                model.features("pastValue", BATCH, HEADS, 3, SIZE)),
            3,
            integer("num_heads", HEADS),
            integer("unidirectional", 1));
    model.output(model.matMul(results[0], model.weight(MODEL, 6)));
    SiteMap map = only(model.run(folder));
    assertEquals(3 + LENGTH, map.weights().shape().size(3));
    assertEquals(0, map.weights().get(1, 3, 0, 4));
    assertTrue(map.proof().startsWith("verified: "), map.proof());
  }
}
