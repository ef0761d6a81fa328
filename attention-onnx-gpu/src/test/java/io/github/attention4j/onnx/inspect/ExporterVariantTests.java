package io.github.attention4j.onnx.inspect;

import static io.github.attention4j.onnx.inspect.HandMadeModel.integer;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.MapRequest;
import io.github.attention4j.api.spi.ModelRun;
import io.github.attention4j.api.spi.SiteMap;
import io.github.attention4j.onnx.proto.TensorProto.DataType;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ways in which exporters write the same attention differently, with probabilities known. */
final class ExporterVariantTests {
  private static final int BATCH = 2;
  private static final int LENGTH = 5;
  private static final int HEADS = 3;
  private static final int SIZE = 4;
  private static final int MODEL = HEADS * SIZE;
  private static final double SCALE = 0.5;
  private static final double NO_SINK = Double.NEGATIVE_INFINITY;
  private static final NaiveAttention.Bias NO_BIAS = (b, h, q, k) -> 0;

  @TempDir Path folder;

  private HandMadeModel model = new HandMadeModel(18);
  private Tensor x = Tensor.allocate(0);
  private String input = "";
  private String queryWeight = "";
  private String keyWeight = "";
  private String valueWeight = "";

  private void start(int opset, int keyHeads) {
    model = new HandMadeModel(opset);
    x = model.noise(BATCH, LENGTH, 7);
    input = model.input("x", x);
    queryWeight = model.weight(7, MODEL);
    keyWeight = model.weight(7, (long) keyHeads * SIZE);
    valueWeight = model.weight(7, (long) keyHeads * SIZE);
  }

  private String query() {
    return model.split(model.matMul(input, queryWeight), HEADS, SIZE);
  }

  private String keysAcross(int keyHeads) {
    return model.transpose(
        model.reshape(model.matMul(input, keyWeight), 0, 0, keyHeads, SIZE), 0, 2, 3, 1);
  }

  private String value(int keyHeads) {
    return model.split(model.matMul(input, valueWeight), keyHeads, SIZE);
  }

  private String times(String value, double factor) {
    return model.node("Mul", List.of(value, model.scalar((float) factor)));
  }

  private String plainScores() {
    return times(model.matMul(query(), keysAcross(HEADS)), SCALE);
  }

  private void finish(String weights) {
    model.output(model.merge(model.matMul(weights, value(HEADS)), HEADS, SIZE));
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

  private SiteMap check(Tensor expected, double tolerance) {
    ModelRun run = model.run(folder);
    assertEquals(List.of(), run.refusals());
    assertEquals(1, run.maps().size());
    SiteMap map = run.maps().getFirst();
    assertEquals(expected.shape(), map.weights().shape());
    for (long at = 0; at < expected.shape().elements(); at++) {
      assertEquals(expected.at(at), map.weights().at(at), tolerance, "cell " + at);
    }
    assertTrue(map.proof().startsWith("verified: "), map.proof());
    return map;
  }

  @ParameterizedTest
  @ValueSource(ints = {11, 12, 13, 14, 17, 18, 20, 21, 23})
  void theOperatorSetDoesNotMatter(int opset) {
    start(opset, HEADS);
    finish(model.softmax(plainScores()));
    check(expected(HEADS, NO_BIAS, NO_SINK), 1e-5);
  }

  @Test
  void anOldSoftmaxOverTwoAxes() {
    start(12, HEADS);
    String flat = model.reshape(plainScores(), -1, LENGTH);
    String weights = model.node("Softmax", List.of(flat));
    finish(model.reshape(weights, BATCH, HEADS, LENGTH, LENGTH));
    check(expected(HEADS, NO_BIAS, NO_SINK), 1e-5);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, -1})
  void theAxisMayBeCountedFromEitherEnd(int axis) {
    start(18, HEADS);
    finish(model.node("Softmax", List.of(plainScores()), integer("axis", axis)));
    check(expected(HEADS, NO_BIAS, NO_SINK), 1e-5);
  }

  @ParameterizedTest
  @CsvSource({"query", "key", "both", "divided", "power", "projected"})
  void theScaleMayStandAnywhere(String where) {
    start(18, HEADS);
    double root = Math.sqrt(SCALE);
    String scores =
        switch (where) {
          case "query" -> model.matMul(times(query(), SCALE), keysAcross(HEADS));
          case "key" -> model.matMul(query(), times(keysAcross(HEADS), SCALE));
          case "both" -> model.matMul(times(query(), root), times(keysAcross(HEADS), root));
          case "divided" ->
              model.node(
                  "Div",
                  List.of(
                      model.matMul(query(), keysAcross(HEADS)),
                      model.node("Sqrt", List.of(model.scalar(SIZE)))));
          case "power" ->
              model.node(
                  "Mul",
                  List.of(
                      model.matMul(query(), keysAcross(HEADS)),
                      model.node("Pow", List.of(model.scalar(SIZE), model.scalar(-0.5f)))));
          default ->
              model.matMul(
                  model.split(times(model.matMul(input, queryWeight), SCALE), HEADS, SIZE),
                  keysAcross(HEADS));
        };
    finish(model.softmax(scores));
    check(expected(HEADS, NO_BIAS, NO_SINK), 1e-5);
  }

  @ParameterizedTest
  @CsvSource({"-10000", "-65504", "-3.4028235e38", "-1e9"})
  void masksAddedToTheScores(float least) {
    start(18, HEADS);
    long[] keep = {1, 1, 1, 0, 0, 1, 1, 1, 1, 1};
    String mask = model.input("attention_mask", LongTensor.of(keep, BATCH, LENGTH));
    String floats = model.node("Cast", List.of(mask), integer("to", 1));
    String wide = model.reshape(floats, 0, 1, 1, -1);
    String added =
        model.node(
            "Mul", List.of(model.node("Sub", List.of(model.scalar(1), wide)), model.scalar(least)));
    finish(model.softmax(model.node("Add", List.of(plainScores(), added))));
    SiteMap map =
        check(
            expected(HEADS, (b, h, q, k) -> keep[b * LENGTH + k] == 1 ? 0 : least, NO_SINK), 1e-5);
    assertTrue(map.proof().contains("masked cells are 0"), map.proof());
  }

  @ParameterizedTest
  @CsvSource({"-Infinity", "-3.4028235e38", "-10000"})
  void masksThatChoose(float least) {
    start(18, HEADS);
    boolean[] causal = new boolean[LENGTH * LENGTH];
    for (int i = 0; i < causal.length; i++) {
      causal[i] = i % LENGTH <= i / LENGTH;
    }
    String mask = model.input("allowed", BooleanTensor.of(causal, 1, 1, LENGTH, LENGTH));
    finish(model.softmax(model.node("Where", List.of(mask, plainScores(), model.scalar(least)))));
    SiteMap map = check(expected(HEADS, (b, h, q, k) -> k <= q ? 0 : -1e30, NO_SINK), 1e-5);
    assertTrue(map.proof().contains("masked cells are 0"), map.proof());
  }

  @Test
  void halfPrecisionAroundASoftmaxInSingle() {
    start(18, HEADS);
    UnaryOperator<String> half =
        value -> model.node("Cast", List.of(value), integer("to", DataType.FLOAT16_VALUE));
    UnaryOperator<String> single =
        value -> model.node("Cast", List.of(value), integer("to", DataType.FLOAT_VALUE));
    String scores = model.matMul(half.apply(times(query(), SCALE)), half.apply(keysAcross(HEADS)));
    String weights = half.apply(model.softmax(single.apply(scores)));
    String sums = single.apply(model.matMul(weights, half.apply(value(HEADS))));
    model.output(model.merge(sums, HEADS, SIZE));
    check(expected(HEADS, NO_BIAS, NO_SINK), 3e-3);
  }

  @Test
  void whatDoesNothingInBetween() {
    start(18, HEADS);
    String weights = model.softmax(model.node("Identity", List.of(plainScores())));
    weights = model.node("Identity", List.of(model.node("Dropout", List.of(weights))));
    weights = model.node("Cast", List.of(weights), integer("to", DataType.FLOAT_VALUE));
    finish(weights);
    check(expected(HEADS, NO_BIAS, NO_SINK), 1e-5);
  }

  @ParameterizedTest
  @CsvSource({"expand", "tile", "concat"})
  void oneKeyHeadForAll(String how) {
    start(18, 1);
    UnaryOperator<String> repeated =
        heads ->
            switch (how) {
              case "expand" -> model.node("Expand", List.of(heads, model.longs(1, HEADS, 1, 1)));
              case "tile" -> model.node("Tile", List.of(heads, model.longs(1, HEADS, 1, 1)));
              default -> model.node("Concat", List.of(heads, heads, heads), integer("axis", 1));
            };
    String weights =
        model.softmax(times(model.matMul(query(), repeated.apply(keysAcross(1))), SCALE));
    model.output(model.merge(model.matMul(weights, repeated.apply(value(1))), HEADS, SIZE));
    check(expected(1, NO_BIAS, NO_SINK), 1e-5);
  }

  @ParameterizedTest
  @CsvSource({"split", "slice"})
  void oneProjectionForAllThree(String how) {
    start(18, HEADS);
    float[] q = model.constant(queryWeight);
    float[] k = model.constant(keyWeight);
    float[] v = model.constant(valueWeight);
    float[] all = new float[7 * 3 * MODEL];
    for (int row = 0; row < 7; row++) {
      System.arraycopy(q, row * MODEL, all, row * 3 * MODEL, MODEL);
      System.arraycopy(k, row * MODEL, all, row * 3 * MODEL + MODEL, MODEL);
      System.arraycopy(v, row * MODEL, all, row * 3 * MODEL + 2 * MODEL, MODEL);
    }
    // As GPT-2's Conv1D: Gemm over flattened rows.
    String flat =
        model.node(
            "Gemm",
            List.of(
                model.reshape(input, -1, 7),
                model.floats(all, 7, 3 * MODEL),
                model.floats(new float[3 * MODEL], 3 * MODEL)));
    String joined = model.reshape(flat, BATCH, LENGTH, 3 * MODEL);
    String[] parts =
        how.equals("split")
            ? model.nodes(
                "Split", List.of(joined, model.longs(MODEL, MODEL, MODEL)), 3, integer("axis", 2))
            : new String[] {part(joined, 0), part(joined, 1), part(joined, 2)};
    String scores =
        times(
            model.matMul(
                model.split(parts[0], HEADS, SIZE),
                model.transpose(model.split(parts[1], HEADS, SIZE), 0, 1, 3, 2)),
            SCALE);
    model.output(
        model.merge(
            model.matMul(model.softmax(scores), model.split(parts[2], HEADS, SIZE)), HEADS, SIZE));
    check(expected(HEADS, NO_BIAS, NO_SINK), 1e-5);
  }

  private String part(String joined, int number) {
    return model.node(
        "Slice",
        List.of(
            joined,
            model.longs((long) number * MODEL),
            model.longs((number + 1L) * MODEL),
            model.longs(2)));
  }

  @Test
  void aBiasThatGrowsWithDistanceOverFoldedHeads() {
    // As BLOOM: [batch * heads, queries, keys], the bias made from the mask of the run.
    start(18, HEADS);
    long[] keep = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    String mask = model.input("attention_mask", LongTensor.of(keep, BATCH, LENGTH));
    String floats = model.node("Cast", List.of(mask), integer("to", 1));
    String places =
        model.node(
            "Sub", List.of(model.node("CumSum", List.of(floats, model.longs(1))), model.scalar(1)));
    String slopes = model.floats(new float[] {0.5f, 0.25f, 0.125f}, HEADS, 1);
    String alibi =
        model.reshape(
            model.node("Mul", List.of(slopes, model.reshape(places, BATCH, 1, LENGTH))),
            -1,
            1,
            LENGTH);
    String scores =
        times(
            model.matMul(
                model.reshape(query(), -1, LENGTH, SIZE),
                model.reshape(keysAcross(HEADS), -1, SIZE, LENGTH)),
            SCALE);
    String weights =
        model.softmax(
            model.reshape(model.node("Add", List.of(alibi, scores)), BATCH, HEADS, LENGTH, LENGTH));
    String sums =
        model.matMul(
            model.reshape(weights, -1, LENGTH, LENGTH),
            model.reshape(value(HEADS), -1, LENGTH, SIZE));
    model.output(model.merge(model.reshape(sums, BATCH, HEADS, LENGTH, SIZE), HEADS, SIZE));
    double[] slope = {0.5, 0.25, 0.125};
    check(expected(HEADS, (b, h, q, k) -> slope[h] * k, NO_SINK), 1e-5);
  }

  @Test
  void aWindowThatSlides() {
    start(18, HEADS);
    boolean[] near = new boolean[LENGTH * LENGTH];
    for (int i = 0; i < near.length; i++) {
      near[i] = i % LENGTH <= i / LENGTH && i / LENGTH - i % LENGTH < 2;
    }
    String mask = model.input("near", BooleanTensor.of(near, LENGTH, LENGTH));
    finish(
        model.softmax(model.node("Where", List.of(mask, plainScores(), model.scalar(-3.4e38f)))));
    check(expected(HEADS, (b, h, q, k) -> near[q * LENGTH + k] ? 0 : -1e30, NO_SINK), 1e-5);
  }

  @Test
  void aSinkCutOffAndNaNsReplaced() {
    // As gpt-oss: a learned score per head, the largest score taken away first.
    start(18, HEADS);
    String sink =
        model.node(
            "Expand",
            List.of(
                model.floats(new float[] {0.3f, 0.3f, 0.3f}, 1, HEADS, 1, 1),
                model.longs(BATCH, HEADS, LENGTH, 1)));
    String joined = model.node("Concat", List.of(plainScores(), sink), integer("axis", -1));
    String shifted =
        model.node(
            "Sub", List.of(joined, model.node("ReduceMax", List.of(joined, model.longs(-1)))));
    String weights =
        model.node(
            "Slice",
            List.of(model.softmax(shifted), model.longs(0), model.longs(-1), model.longs(-1)));
    weights =
        model.node(
            "Where", List.of(model.node("IsNaN", List.of(weights)), model.scalar(0), weights));
    finish(model.node("Cast", List.of(weights), integer("to", 1)));
    SiteMap map = check(expected(HEADS, NO_BIAS, 0.3), 1e-5);
    assertTrue(map.proof().contains("sink"), map.proof());
  }

  @Test
  void scoresOfContentAndPlaceAddedUp() {
    // As DeBERTa: content to content, plus content to relative places.
    start(18, HEADS);
    String places = model.weight(LENGTH, MODEL);
    String placeKeys = model.transpose(model.reshape(places, 1, LENGTH, HEADS, SIZE), 0, 2, 3, 1);
    String byPlace = times(model.matMul(query(), placeKeys), SCALE);
    finish(model.softmax(model.node("Add", List.of(plainScores(), byPlace))));
    double[][][] q = NaiveAttention.project(x, model.constant(queryWeight), MODEL);
    float[] place = model.constant(places);
    check(
        expected(
            HEADS,
            (b, h, i, j) -> {
              double sum = 0;
              for (int d = 0; d < SIZE; d++) {
                sum += q[b][i][h * SIZE + d] * place[j * MODEL + h * SIZE + d];
              }
              return SCALE * sum;
            },
            NO_SINK),
        1e-5);
  }

  @Test
  void aCacheBeforeNewKeysIsEmptyUnlessGiven() {
    start(18, HEADS);
    String past = model.input("past_key_values.0.key", model.noise(BATCH, HEADS, 3, SIZE));
    String pastValue = model.input("past_key_values.0.value", model.noise(BATCH, HEADS, 3, SIZE));
    String keys =
        model.node(
            "Concat",
            List.of(past, model.split(model.matMul(input, keyWeight), HEADS, SIZE)),
            integer("axis", 2));
    String values = model.node("Concat", List.of(pastValue, value(HEADS)), integer("axis", 2));
    String weights =
        model.softmax(times(model.matMul(query(), model.transpose(keys, 0, 1, 3, 2)), SCALE));
    model.output(model.merge(model.matMul(weights, values), HEADS, SIZE));
    for (int cache = 1; cache <= 2; cache++) {
      // Heads and their sizes are fixed in such files, batch and length are symbols.
      var shape =
          model
              .graph()
              .getInputBuilder(cache)
              .getTypeBuilder()
              .getTensorTypeBuilder()
              .getShapeBuilder();
      shape.getDimBuilder(1).setDimValue(HEADS);
      shape.getDimBuilder(3).setDimValue(SIZE);
    }
    SiteMap with = model.run(folder).maps().getFirst();
    assertEquals(LENGTH + 3, with.weights().shape().size(3));
    try (var opened = model.open(folder)) {
      var inputs = io.github.attention4j.api.Inputs.none().with("x", x);
      SiteMap without = opened.run(inputs, MapRequest.all()).maps().getFirst();
      Tensor expected = expected(HEADS, NO_BIAS, NO_SINK);
      for (long at = 0; at < expected.shape().elements(); at++) {
        assertEquals(expected.at(at), without.weights().at(at), 1e-5);
      }
      assertTrue(
          opened.inputs().stream()
              .filter(port -> port.name().startsWith("past"))
              .allMatch(port -> port.optional()));
    }
  }
}
