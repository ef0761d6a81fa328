package io.github.attention4j.onnx.inspect;

import static io.github.attention4j.onnx.inspect.HandMadeModel.integer;
import static io.github.attention4j.onnx.inspect.HandMadeModel.number;
import static io.github.attention4j.onnx.inspect.HandMadeModel.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.ModelRun;
import io.github.attention4j.api.spi.SiteMap;
import io.github.attention4j.onnx.proto.TensorProto.DataType;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attention spelled in primitive operators, in the ways exporters and optimisers spell it. */
final class PrimitivePatternTests {
  private static final int BATCH = 2;
  private static final int LENGTH = 5;
  private static final int HEADS = 3;
  private static final int SIZE = 4;
  private static final int MODEL = HEADS * SIZE;
  private static final double SCALE = 0.5;
  private static final NaiveAttention.Bias NO_BIAS = (b, h, q, k) -> 0;

  @TempDir Path folder;

  private HandMadeModel model = new HandMadeModel(18);
  private Tensor x = Tensor.allocate(0);
  private String query = "";
  private String key = "";
  private String value = "";
  private String queryWeight = "";
  private String keyWeight = "";

  @BeforeEach
  void projections() {
    start(HEADS);
  }

  private void start(int keyHeads) {
    model = new HandMadeModel(18);
    x = model.noise(BATCH, LENGTH, 7);
    String input = model.input("x", x);
    queryWeight = model.weight(7, MODEL);
    keyWeight = model.weight(7, (long) keyHeads * SIZE);
    query = model.matMul(input, queryWeight);
    key = model.matMul(input, keyWeight);
    value = model.matMul(input, model.weight(7, (long) keyHeads * SIZE));
  }

  private Tensor expected(int keyHeads, NaiveAttention.Bias bias, double sink) {
    return NaiveAttention.probabilities(
        NaiveAttention.project(x, model.constant(queryWeight), MODEL),
        NaiveAttention.project(x, model.constant(keyWeight), keyHeads * SIZE),
        HEADS,
        keyHeads,
        SCALE,
        bias,
        sink);
  }

  private String scaled(String scores) {
    return model.node("Mul", List.of(scores, model.scalar((float) SCALE)));
  }

  private String scores() {
    return scaled(
        model.matMul(
            model.split(query, HEADS, SIZE),
            model.transpose(model.reshape(key, 0, 0, HEADS, SIZE), 0, 2, 3, 1)));
  }

  private void finish(String weights) {
    model.output(model.merge(model.matMul(weights, model.split(value, HEADS, SIZE)), HEADS, SIZE));
  }

  private SiteMap only() {
    ModelRun run = model.run(folder);
    assertEquals(List.of(), run.refusals());
    assertEquals(1, run.maps().size());
    return run.maps().getFirst();
  }

  private SiteMap check(Tensor expected, double tolerance) {
    SiteMap map = only();
    assertEquals(expected.shape(), map.weights().shape());
    for (long at = 0; at < expected.shape().elements(); at++) {
      assertEquals(expected.at(at), map.weights().at(at), tolerance, "cell " + at);
    }
    assertTrue(map.proof().startsWith("verified: "), map.proof());
    return map;
  }

  @Test
  void addsARelativeBiasAsT5Does() {
    String table = model.weight(LENGTH * LENGTH, HEADS);
    String bias = model.transpose(model.reshape(table, 1, LENGTH, LENGTH, HEADS), 0, 3, 1, 2);
    finish(model.softmax(model.node("Add", List.of(scores(), bias))));
    float[] values = model.constant(table);
    check(
        expected(
            HEADS, (b, h, q, k) -> values[(q * LENGTH + k) * HEADS + h], Double.NEGATIVE_INFINITY),
        1e-5);
  }

  @Test
  void followsTheReshapesAndTheMaskBehindTheSoftmaxOfDeberta() {
    long folded = (long) BATCH * HEADS;
    String queries = model.reshape(model.split(query, HEADS, SIZE), -1, LENGTH, SIZE);
    String keys = model.reshape(model.split(key, HEADS, SIZE), -1, LENGTH, SIZE);
    String values = model.reshape(model.split(value, HEADS, SIZE), -1, LENGTH, SIZE);
    String scores =
        model.reshape(
            scaled(model.matMul(queries, model.transpose(keys, 0, 2, 1))),
            -1,
            HEADS,
            LENGTH,
            LENGTH);
    boolean[] masked = new boolean[BATCH * LENGTH];
    masked[3] = true;
    masked[4] = true;
    String mask = model.input("masked", BooleanTensor.of(masked, BATCH, 1, 1, LENGTH));
    String weights =
        model.softmax(model.node("Where", List.of(mask, model.scalar(-3.4e38f), scores)));
    weights = model.node("Where", List.of(mask, model.scalar(0), weights));
    String sums = model.matMul(model.reshape(weights, -1, LENGTH, LENGTH), values);
    model.output(
        model.merge(model.reshape(sums, folded / HEADS, HEADS, LENGTH, SIZE), HEADS, SIZE));
    SiteMap map =
        check(
            expected(
                HEADS,
                (b, h, q, k) -> masked[b * LENGTH + k] ? Double.NEGATIVE_INFINITY : 0,
                Double.NEGATIVE_INFINITY),
            1e-5);
    assertTrue(map.proof().contains(2 * HEADS * LENGTH + " masked cells are 0"), map.proof());
  }

  @Test
  void recoversHeadsFromProbabilitiesOfRankThree() {
    // As torch's multi-head attention lays them out: [length, batch * heads, size].
    List<String> parts =
        List.of(query, key, value).stream()
            .map(part ->
                model.transpose(
                    model.reshape(
                        model.transpose(part, 1, 0, 2), LENGTH, (long) BATCH * HEADS, SIZE),
                    1,
                    0,
                    2))
            .toList();
    String weights =
        model.softmax(scaled(model.matMul(parts.get(0), model.transpose(parts.get(1), 0, 2, 1))));
    String sums = model.transpose(model.matMul(weights, parts.get(2)), 1, 0, 2);
    model.output(
        model.matMul(model.reshape(sums, (long) LENGTH * BATCH, MODEL), model.weight(MODEL, 6)));
    SiteMap map = check(expected(HEADS, NO_BIAS, Double.NEGATIVE_INFINITY), 1e-5);
    assertNotNull(map.norms(), map.normsReason());
  }

  @Test
  void readsFusedProducts() {
    String scores =
        model.node(
            "com.microsoft::FusedMatMul",
            List.of(model.split(query, HEADS, SIZE), model.split(key, HEADS, SIZE)),
            integer("transB", 1),
            number("alpha", (float) SCALE));
    String sums =
        model.node(
            "com.microsoft::FusedMatMul",
            List.of(
                model.softmax(scores),
                model.transpose(model.reshape(value, 0, 0, HEADS, SIZE), 0, 2, 3, 1)),
            integer("transB", 1));
    model.output(model.merge(sums, HEADS, SIZE));
    check(expected(HEADS, NO_BIAS, Double.NEGATIVE_INFINITY), 1e-5);
  }

  @Test
  void readsProductsInIntegers() {
    String[] weights = model.nodes("DynamicQuantizeLinear", List.of(model.softmax(scores())), 3);
    String[] values =
        model.nodes("DynamicQuantizeLinear", List.of(model.split(value, HEADS, SIZE)), 3);
    String product =
        model.node("MatMulInteger", List.of(weights[0], values[0], weights[2], values[2]));
    String sums =
        model.node(
            "Mul",
            List.of(
                model.node("Cast", List.of(product), integer("to", 1)),
                model.node("Mul", List.of(weights[1], values[1]))));
    model.output(model.merge(sums, HEADS, SIZE));
    check(expected(HEADS, NO_BIAS, Double.NEGATIVE_INFINITY), 1e-5);
  }

  @Test
  void readsThroughQuantisationAndBack() {
    String step = model.scalar(1f / 255);
    String zero = model.bytes(DataType.UINT8_VALUE, (byte) 0);
    String weights =
        model.node(
            "DequantizeLinear",
            List.of(
                model.node("QuantizeLinear", List.of(model.softmax(scores()), step, zero)),
                step,
                zero));
    finish(weights);
    check(expected(HEADS, NO_BIAS, Double.NEGATIVE_INFINITY), 1e-5);
  }

  @Test
  void readsASoftmaxInIntegers() {
    String step = model.scalar(1f / 256);
    String zero = model.bytes(DataType.UINT8_VALUE, (byte) 0);
    String middle = model.bytes(DataType.UINT8_VALUE, (byte) 128);
    String wide = model.scalar(0.04f);
    String scores = model.node("QuantizeLinear", List.of(scores(), wide, middle));
    String weights =
        model.node(
            "com.microsoft::QLinearSoftmax",
            List.of(scores, wide, middle, step, zero),
            integer("axis", -1),
            integer("opset", 13));
    String values =
        model.node("QuantizeLinear", List.of(model.split(value, HEADS, SIZE), wide, middle));
    String sums =
        model.node(
            "QLinearMatMul", List.of(weights, step, zero, values, wide, middle, wide, middle));
    model.output(
        model.merge(model.node("DequantizeLinear", List.of(sums, wide, middle)), HEADS, SIZE));
    check(expected(HEADS, NO_BIAS, Double.NEGATIVE_INFINITY), 0.02);
  }

  @Test
  void readsEinsum() {
    String queries = model.reshape(query, 0, 0, HEADS, SIZE);
    String keys = model.reshape(key, 0, 0, HEADS, SIZE);
    String values = model.reshape(value, 0, 0, HEADS, SIZE);
    String scores =
        scaled(model.node("Einsum", List.of(queries, keys), text("equation", "bqhd,bkhd->bhqk")));
    String sums =
        model.node(
            "Einsum", List.of(model.softmax(scores), values), text("equation", "bhqk,bkhd->bqhd"));
    model.output(
        model.node(
            "Einsum",
            List.of(sums, model.weight(HEADS, SIZE, 6)),
            text("equation", "bqhd,hdm->bqm")));
    check(expected(HEADS, NO_BIAS, Double.NEGATIVE_INFINITY), 1e-5);
  }

  @Test
  void readsASoftmaxOfFourOperators() {
    String scores = scores();
    String last = model.longs(-1);
    String exponential =
        model.node(
            "Exp",
            List.of(
                model.node(
                    "Sub", List.of(scores, model.node("ReduceMax", List.of(scores, last))))));
    finish(
        model.node(
            "Div", List.of(exponential, model.node("ReduceSum", List.of(exponential, last)))));
    check(expected(HEADS, NO_BIAS, Double.NEGATIVE_INFINITY), 1e-5);
  }

  @Test
  void readsKeysThatAreGroupedOnAnAxisOfTheirOwn() {
    start(1);
    String queries = model.reshape(model.split(query, HEADS, SIZE), 0, 1, HEADS, LENGTH, SIZE);
    String keys = model.reshape(key, 0, 1, 1, LENGTH, SIZE);
    String values = model.reshape(value, 0, 1, 1, LENGTH, SIZE);
    String weights =
        model.softmax(scaled(model.matMul(queries, model.transpose(keys, 0, 1, 2, 4, 3))));
    String sums = model.reshape(model.matMul(weights, values), BATCH, HEADS, LENGTH, SIZE);
    model.output(model.merge(sums, HEADS, SIZE));
    check(expected(1, NO_BIAS, Double.NEGATIVE_INFINITY), 1e-5);
  }

  @Test
  void readsHeadsFoldedIntoTheQueries() {
    // As GPT-BigCode: one key head, [batch, queries * heads, keys].
    start(1);
    String queries = model.reshape(query, BATCH, (long) LENGTH * HEADS, SIZE);
    String scores = scaled(model.matMul(queries, model.transpose(key, 0, 2, 1)));
    String weights = model.softmax(model.reshape(scores, BATCH, LENGTH, HEADS, LENGTH));
    String sums = model.matMul(model.reshape(weights, BATCH, (long) LENGTH * HEADS, LENGTH), value);
    model.output(model.matMul(model.reshape(sums, BATCH, LENGTH, MODEL), model.weight(MODEL, 6)));
    check(expected(1, NO_BIAS, Double.NEGATIVE_INFINITY), 1e-5);
  }

  @Test
  void readsProductsThatStandTheOtherWayRound() {
    String weights = model.transpose(model.softmax(scores()), 0, 1, 3, 2);
    String values = model.transpose(model.reshape(value, 0, 0, HEADS, SIZE), 0, 2, 3, 1);
    String sums = model.transpose(model.matMul(values, weights), 0, 1, 3, 2);
    model.output(model.merge(sums, HEADS, SIZE));
    check(expected(HEADS, NO_BIAS, Double.NEGATIVE_INFINITY), 1e-5);
  }

  @Test
  void cutsOffASink() {
    String sink =
        model.node(
            "Expand",
            List.of(
                model.floats(new float[HEADS], 1, HEADS, 1, 1),
                model.longs(BATCH, HEADS, LENGTH, 1)));
    String weights =
        model.softmax(model.node("Concat", List.of(scores(), sink), integer("axis", -1)));
    weights =
        model.node("Slice", List.of(weights, model.longs(0), model.longs(-1), model.longs(-1)));
    finish(weights);
    SiteMap map = check(expected(HEADS, NO_BIAS, 0), 1e-5);
    assertTrue(map.proof().contains("sink"), map.proof());
  }

  @Test
  void putsZerosWhereARowHasNoKey() {
    boolean[] allowed = new boolean[LENGTH * LENGTH];
    for (int q = 1; q < LENGTH; q++) {
      for (int k = 0; k <= q; k++) {
        allowed[q * LENGTH + k] = true;
      }
    }
    String mask = model.input("allowed", BooleanTensor.of(allowed, 1, 1, LENGTH, LENGTH));
    String weights =
        model.softmax(
            model.node("Where", List.of(mask, scores(), model.scalar(Float.NEGATIVE_INFINITY))));
    weights =
        model.node(
            "Where", List.of(model.node("IsNaN", List.of(weights)), model.scalar(0), weights));
    finish(weights);
    SiteMap map =
        check(
            expected(
                HEADS,
                (b, h, q, k) -> allowed[q * LENGTH + k] ? 0 : Double.NEGATIVE_INFINITY,
                Double.NEGATIVE_INFINITY),
            1e-5);
    assertTrue(map.proof().contains(BATCH * HEADS + " of 30 to 0"), map.proof());
  }
}
