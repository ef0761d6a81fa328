package io.github.attention4j.onnx.inspect;

import static io.github.attention4j.onnx.inspect.HandMadeModel.integer;
import static io.github.attention4j.onnx.inspect.HandMadeModel.integers;
import static io.github.attention4j.onnx.inspect.HandMadeModel.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.spi.InspectedModel;
import io.github.attention4j.api.spi.ModelRun;
import io.github.attention4j.api.spi.SiteMap;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Architectures that write attention in ways of their own, with probabilities known. */
final class ArchitectureVariantTests {
  private static final int BATCH = 2;
  private static final int LENGTH = 4;
  private static final int WIDTH = 7;
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
  private String query = "";
  private String key = "";
  private String value = "";

  @BeforeEach
  void projections() {
    start(18);
  }

  private void start(int opset) {
    model = new HandMadeModel(opset);
    x = model.noise(BATCH, LENGTH, WIDTH);
    input = model.input("x", x);
    queryWeight = model.weight(WIDTH, MODEL);
    keyWeight = model.weight(WIDTH, MODEL);
    query = model.matMul(input, queryWeight);
    key = model.matMul(input, keyWeight);
    value = model.matMul(input, model.weight(WIDTH, MODEL));
  }

  private String times(String scores, double factor) {
    return model.node("Mul", List.of(scores, model.scalar((float) factor)));
  }

  /** `[batch, heads, queries, keys]`. */
  private String scores() {
    return times(model.matMul(heads(query), across(key)), SCALE);
  }

  private String heads(String projected) {
    return model.split(projected, HEADS, SIZE);
  }

  private String across(String projected) {
    return model.transpose(model.reshape(projected, 0, 0, HEADS, SIZE), 0, 2, 3, 1);
  }

  private void finish(String weights) {
    model.output(model.merge(model.matMul(weights, heads(value)), HEADS, SIZE));
  }

  private Tensor expected(NaiveAttention.Bias bias) {
    return expected(
        NaiveAttention.project(x, model.constant(queryWeight), MODEL),
        NaiveAttention.project(x, model.constant(keyWeight), MODEL),
        bias);
  }

  private static Tensor expected(double[][][] q, double[][][] k, NaiveAttention.Bias bias) {
    return NaiveAttention.probabilities(q, k, HEADS, HEADS, SCALE, bias, NO_SINK);
  }

  private void check(Tensor expected) {
    ModelRun run = model.run(folder);
    assertEquals(List.of(), run.refusals());
    assertEquals(1, run.maps().size());
    check(expected, run.maps().getFirst());
  }

  private static void check(Tensor expected, SiteMap map) {
    assertEquals(expected.shape(), map.weights().shape());
    for (long at = 0; at < expected.shape().elements(); at++) {
      assertEquals(expected.at(at), map.weights().at(at), 1e-5, "cell " + at);
    }
    assertTrue(map.proof().startsWith("verified: "), map.proof());
  }

  @ParameterizedTest
  @CsvSource({"-2", "2"})
  void keysDownAndQueriesAcross(int axis) {
    String keysByQueries = times(model.matMul(heads(key), across(query)), SCALE);
    String weights = model.node("Softmax", List.of(keysByQueries), integer("axis", axis));
    String values = model.transpose(model.reshape(value, 0, 0, HEADS, SIZE), 0, 2, 3, 1);
    model.output(
        model.merge(model.transpose(model.matMul(values, weights), 0, 1, 3, 2), HEADS, SIZE));
    check(expected(NO_BIAS));
  }

  @ParameterizedTest
  @CsvSource({"11", "18"})
  void anAxisBroughtToTheEndAndBack(int opset) {
    // As the legacy exporter writes a softmax along an inner axis.
    start(opset);
    String keysByQueries = times(model.matMul(heads(key), across(query)), SCALE);
    String last = model.transpose(keysByQueries, 0, 1, 3, 2);
    String weights = model.node("Softmax", List.of(last), integer("axis", 3));
    String back = model.transpose(model.transpose(weights, 0, 1, 3, 2), 0, 1, 3, 2);
    finish(back);
    check(expected(NO_BIAS));
  }

  @Test
  void alongTheQueriesIsNotCalledVerified() {
    finish(model.node("Softmax", List.of(scores()), integer("axis", -2)));
    SiteMap map = model.run(folder).maps().getFirst();
    assertTrue(map.proof().startsWith("not verified: "), map.proof());
    assertTrue(map.proof().contains("do not sum to 1"), map.proof());
  }

  @ParameterizedTest
  @CsvSource({"logSoftmax", "logSumExp", "expanded", "reciprocal", "jax"})
  void softmaxSpelledOut(String how) {
    String scores = scores();
    String axis = model.longs(3);
    String exponential =
        switch (how) {
          case "logSoftmax" ->
              model.node(
                  "Exp", List.of(model.node("LogSoftmax", List.of(scores), integer("axis", -1))));
          case "logSumExp" ->
              model.node(
                  "Exp",
                  List.of(
                      model.node(
                          "Sub",
                          List.of(scores, model.node("ReduceLogSumExp", List.of(scores, axis))))));
          default -> {
            String largest = model.node("ReduceMax", List.of(scores, axis));
            largest =
                how.equals("jax")
                    ? model.node("Max", List.of(model.scalar(Float.NEGATIVE_INFINITY), largest))
                    : largest;
            yield model.node("Exp", List.of(model.node("Sub", List.of(scores, largest))));
          }
        };
    finish(
        switch (how) {
          case "expanded" ->
              model.node(
                  "Div",
                  List.of(
                      exponential,
                      model.node(
                          "Expand",
                          List.of(
                              model.node("ReduceSum", List.of(exponential, axis)),
                              model.longs(BATCH, HEADS, LENGTH, LENGTH)))));
          case "reciprocal" ->
              model.node(
                  "Mul",
                  List.of(
                      model.node(
                          "Reciprocal",
                          List.of(model.node("ReduceSum", List.of(exponential, axis)))),
                      exponential));
          case "jax" ->
              model.node(
                  "Div",
                  List.of(
                      exponential,
                      model.reshape(
                          model.node(
                              "ReduceSum", List.of(exponential, axis), integer("keepdims", 0)),
                          BATCH,
                          HEADS,
                          LENGTH,
                          1)));
          default -> exponential;
        });
    check(expected(NO_BIAS));
  }

  @Test
  void scoresCapped() {
    // As Gemma 2: 3 tanh(s / 3).
    String capped = times(model.node("Tanh", List.of(times(scores(), 1 / 3.0))), 3);
    finish(model.softmax(capped));
    double[][][] q = NaiveAttention.project(x, model.constant(queryWeight), MODEL);
    double[][][] k = NaiveAttention.project(x, model.constant(keyWeight), MODEL);
    check(
        expected((b, h, i, j) -> {
          double score = 0;
          for (int d = h * SIZE; d < (h + 1) * SIZE; d++) {
            score += SCALE * q[b][i][d] * k[b][j][d];
          }
          return 3 * Math.tanh(score / 3) - score;
        }));
  }

  @Test
  void maskedByWritingIntoTheScores() {
    // As scores[..., 3] = -inf in PyTorch.
    String rows = model.transpose(scores(), 3, 0, 1, 2);
    float[] least = new float[BATCH * HEADS * LENGTH];
    java.util.Arrays.fill(least, Float.NEGATIVE_INFINITY);
    String index = model.reshape(model.longs(3), 1, 1);
    String masked =
        model.node("ScatterND", List.of(rows, index, model.floats(least, 1, BATCH, HEADS, LENGTH)));
    finish(model.softmax(model.transpose(masked, 1, 2, 3, 0)));
    check(expected((b, h, q, k) -> k == 3 ? -1e30 : 0));
  }

  @Test
  void headsSwitchedOff() {
    String switches = model.floats(new float[] {1, 0, 1}, 1, HEADS, 1, 1);
    finish(model.node("Mul", List.of(model.softmax(scores()), switches)));
    Tensor all = expected(NO_BIAS);
    for (int b = 0; b < BATCH; b++) {
      for (int i = 0; i < LENGTH * LENGTH; i++) {
        all.set((long) (b * HEADS + 1) * LENGTH * LENGTH + i, 0);
      }
    }
    check(all);
  }

  @Test
  void shiftedWindows() {
    // As Swin: two windows a picture, a bias per pair of places, a mask per window on a fifth axis.
    String bias = model.weight(1, HEADS, LENGTH, LENGTH);
    float[] masks = new float[2 * LENGTH * LENGTH];
    for (int i = 0; i < LENGTH * LENGTH; i++) {
      masks[LENGTH * LENGTH + i] = (i / LENGTH < 2) == (i % LENGTH < 2) ? 0 : -100;
    }
    String mask = model.floats(masks, 1, 2, 1, LENGTH, LENGTH);
    String biased = model.node("Add", List.of(scores(), bias));
    String byPicture = model.reshape(biased, BATCH / 2, 2, HEADS, LENGTH, LENGTH);
    String masked = model.node("Add", List.of(byPicture, mask));
    finish(model.softmax(model.reshape(masked, -1, HEADS, LENGTH, LENGTH)));
    float[] places = model.constant(bias);
    check(
        expected((b, h, q, k) ->
            places[(h * LENGTH + q) * LENGTH + k] + masks[(b % 2 * LENGTH + q) * LENGTH + k]));
  }

  @Test
  void queriesKeysAndValuesByConvolution() {
    // As hybrids of convolution and attention: [batch, channels, height, width].
    String picture = model.reshape(model.transpose(input, 0, 2, 1), 0, 0, 2, 2);
    float[] q = model.constant(queryWeight);
    float[] k = model.constant(keyWeight);
    float[] kernel = new float[3 * MODEL * WIDTH];
    float[] v = model.constant(model.weight(MODEL, WIDTH));
    for (int out = 0; out < MODEL; out++) {
      for (int in = 0; in < WIDTH; in++) {
        kernel[out * WIDTH + in] = q[in * MODEL + out];
        kernel[(MODEL + out) * WIDTH + in] = k[in * MODEL + out];
        kernel[(2 * MODEL + out) * WIDTH + in] = v[out * WIDTH + in];
      }
    }
    String joined =
        model.node("Conv", List.of(picture, model.floats(kernel, 3 * MODEL, WIDTH, 1, 1)));
    String folded = model.reshape(joined, BATCH, 3 * HEADS, SIZE, LENGTH);
    String[] parts =
        model.nodes(
            "Split", List.of(folded, model.longs(HEADS, HEADS, HEADS)), 3, integer("axis", 1));
    String scores = times(model.matMul(model.transpose(parts[0], 0, 1, 3, 2), parts[1]), SCALE);
    String weights = model.softmax(scores);
    String sums = model.matMul(parts[2], model.transpose(weights, 0, 1, 3, 2));
    String merged = model.reshape(sums, BATCH, MODEL, 2, 2);
    model.output(model.node("Conv", List.of(merged, model.weight(5, MODEL, 1, 1))));
    check(expected(NO_BIAS));
  }

  @ParameterizedTest
  @CsvSource({
    "'aecd,abcd->acbe', 'acbe,aecd->abcd'",
    "'BSNH,BTNH->BNTS', 'BNTS,BSNH->BTNH'",
    "'...khd,...qhd->...hqk', '...hqk,...khd->...qhd'"
  })
  void sumsOverNamedAxes(String ofScores, String ofValues) {
    // As Keras (keys stand first), and Flax.
    String keys = model.reshape(key, 0, 0, HEADS, SIZE);
    String queries = model.reshape(times(query, SCALE), 0, 0, HEADS, SIZE);
    String values = model.reshape(value, 0, 0, HEADS, SIZE);
    String weights =
        model.softmax(model.node("Einsum", List.of(keys, queries), text("equation", ofScores)));
    String sums = model.node("Einsum", List.of(weights, values), text("equation", ofValues));
    model.output(model.matMul(model.reshape(sums, 0, 0, MODEL), model.weight(MODEL, 6)));
    check(expected(NO_BIAS));
  }

  @Test
  void learnedQueriesOverAll() {
    // As Perceiver: latents look at the input.
    String latents = model.weight(1, 3, WIDTH);
    String sizes =
        model.node(
            "Concat",
            List.of(
                model.node("Gather", List.of(model.node("Shape", List.of(input)), model.longs(0))),
                model.longs(1, 1)),
            integer("axis", 0));
    String spread = model.node("Expand", List.of(latents, sizes));
    query = model.matMul(spread, queryWeight);
    finish(model.softmax(scores()));
    Tensor copies = Tensor.allocate(BATCH, 3, WIDTH);
    for (int i = 0; i < BATCH * 3 * WIDTH; i++) {
      copies.set(i, model.constant(latents)[i % (3 * WIDTH)]);
    }
    check(
        expected(
            NaiveAttention.project(copies, model.constant(queryWeight), MODEL),
            NaiveAttention.project(x, model.constant(keyWeight), MODEL),
            NO_BIAS));
  }

  @Test
  void aDecoderThatStartsFromPlacesAlone() {
    // As DETR: nothing of the run but its size is in the first look; the second looks at the input.
    String places = model.weight(1, 3, WIDTH);
    String sizes =
        model.node(
            "Concat",
            List.of(
                model.node("Gather", List.of(model.node("Shape", List.of(input)), model.longs(0))),
                model.longs(1, 1)),
            integer("axis", 0));
    String spread = model.node("Expand", List.of(places, sizes));
    String firstScores =
        times(
            model.matMul(
                heads(model.matMul(spread, queryWeight)), across(model.matMul(spread, keyWeight))),
            SCALE);
    String target = model.node("Mul", List.of(spread, model.scalar(0.5f)));
    String firstValue = heads(model.matMul(target, model.weight(WIDTH, MODEL)));
    String first =
        model.matMul(
            model.reshape(
                model.transpose(model.matMul(model.softmax(firstScores), firstValue), 0, 2, 1, 3),
                0,
                0,
                MODEL),
            model.weight(MODEL, WIDTH));
    String next = model.node("Add", List.of(first, spread));
    query = model.matMul(next, queryWeight);
    finish(model.softmax(scores()));
    ModelRun run = model.run(folder);
    assertEquals(List.of(), run.refusals());
    assertEquals(
        List.of(MapLabel.Kind.DECODER, MapLabel.Kind.CROSS),
        run.maps().stream().map(map -> map.site().label().kind()).toList());
    Tensor copies = Tensor.allocate(BATCH, 3, WIDTH);
    for (int i = 0; i < BATCH * 3 * WIDTH; i++) {
      copies.set(i, model.constant(places)[i % (3 * WIDTH)]);
    }
    check(
        expected(
            NaiveAttention.project(copies, model.constant(queryWeight), MODEL),
            NaiveAttention.project(copies, model.constant(keyWeight), MODEL),
            NO_BIAS),
        run.maps().getFirst());
  }

  @Test
  void keysTimesQueriesAcrossTwoInputs() {
    // The product stands the other way round and is transposed: who looks at whom stays right.
    Tensor y = model.noise(BATCH, 6, WIDTH);
    String other = model.input("memory", y);
    key = model.matMul(other, keyWeight);
    value = model.matMul(other, model.weight(WIDTH, MODEL));
    String keysByQueries = times(model.matMul(heads(key), across(query)), SCALE);
    finish(model.softmax(model.transpose(keysByQueries, 0, 1, 3, 2)));
    try (InspectedModel opened = model.open(folder)) {
      assertEquals(MapLabel.Kind.CROSS, opened.sites().getFirst().label().kind());
    }
    check(
        expected(
            NaiveAttention.project(x, model.constant(queryWeight), MODEL),
            NaiveAttention.project(y, model.constant(keyWeight), MODEL),
            NO_BIAS));
  }

  @Test
  void linearAttentionIsNoMap() {
    // As Efficient Attention: softmax of queries over sizes, of keys over places; no weight has a
    // query and a key.
    String queries = model.softmax(heads(query));
    String keys = model.node("Softmax", List.of(heads(key)), integer("axis", 2));
    String context = model.matMul(model.transpose(keys, 0, 1, 3, 2), heads(value));
    model.output(model.merge(model.matMul(queries, context), HEADS, SIZE));
    nothingFound("a gate or a pooling", 2);
  }

  @Test
  void likenessOfPicturesAndTextsIsNoAttention() {
    // As CLIP's softmax over captions.
    String other = model.features("y", 5, WIDTH);
    String mine = model.node("ReduceMean", List.of(input, model.longs(1)), integer("keepdims", 0));
    model.output(model.softmax(model.matMul(mine, model.transpose(other, 1, 0))));
    nothingFound("meet no values", 1);
  }

  @Test
  void channelsSqueezedAndWordsExpectedAreNoAttention() {
    // A squeeze-and-excitation gate, a router that takes the best experts, and the mean embedding
    // under the vocabulary's probabilities.
    String pooled =
        model.node("ReduceMean", List.of(input, model.longs(1)), integer("keepdims", 1));
    String gate = model.node("Sigmoid", List.of(model.matMul(pooled, model.weight(WIDTH, WIDTH))));
    String gated = model.node("Mul", List.of(input, gate));
    String routes = model.softmax(model.matMul(gated, model.weight(WIDTH, 5)));
    String[] top = model.nodes("TopK", List.of(routes, model.longs(2)), 2, integer("axis", -1));
    model.output(top[0]);
    String words = model.softmax(model.matMul(gated, model.weight(WIDTH, 9)));
    model.output(model.matMul(words, model.weight(9, WIDTH)));
    nothingFound("", 0);
  }

  private void nothingFound(String reason, int refusals) {
    try (InspectedModel opened = model.open(folder)) {
      assertEquals(List.of(), opened.sites());
      assertEquals(refusals, opened.refusals().size(), opened.refusals().toString());
      opened
          .refusals()
          .forEach(refusal -> assertTrue(refusal.reason().contains(reason), refusal.reason()));
    }
  }

  @Test
  void headsOverGroupsByName() {
    // As JAX writes grouped keys: heads on two axes.
    String queries = model.reshape(query, 0, 0, 1, HEADS, SIZE);
    String narrow = model.matMul(input, model.weight(WIDTH, SIZE));
    keyWeight = model.weight(WIDTH, SIZE);
    String keys = model.reshape(model.matMul(input, keyWeight), 0, 0, 1, SIZE);
    String scores =
        times(
            model.node("Einsum", List.of(queries, keys), text("equation", "bqhgd,bkhd->bhgqk")),
            SCALE);
    String sums =
        model.node(
            "Einsum",
            List.of(model.softmax(scores), model.reshape(narrow, 0, 0, 1, SIZE)),
            text("equation", "bhgqk,bkhd->bqhgd"));
    model.output(model.matMul(model.reshape(sums, 0, 0, MODEL), model.weight(MODEL, 6)));
    check(
        NaiveAttention.probabilities(
            NaiveAttention.project(x, model.constant(queryWeight), MODEL),
            NaiveAttention.project(x, model.constant(keyWeight), SIZE),
            HEADS,
            1,
            SCALE,
            NO_BIAS,
            NO_SINK));
  }

  @Test
  void scoresShiftedByPaddingAndCutting() {
    // As Transformer-XL and XLNet: relative places by Pad, Reshape, Slice.
    String places = model.weight(LENGTH, MODEL);
    String byPlace =
        times(
            model.matMul(
                heads(query),
                model.transpose(model.reshape(places, 1, LENGTH, HEADS, SIZE), 0, 2, 3, 1)),
            SCALE);
    String padded = model.node("Pad", List.of(byPlace, model.longs(0, 0, 0, 1, 0, 0, 0, 0)));
    String turned = model.reshape(padded, BATCH, HEADS, LENGTH + 1, LENGTH);
    String cut =
        model.node(
            "Slice", List.of(turned, model.longs(1), model.longs(LENGTH + 1), model.longs(2)));
    finish(model.softmax(model.node("Add", List.of(scores(), cut))));
    double[][][] q = NaiveAttention.project(x, model.constant(queryWeight), MODEL);
    float[] r = model.constant(places);
    check(
        expected((b, h, i, j) -> {
          // Row-major after one column of zeros in front, one row cut off.
          int at = (i + 1) * LENGTH + j;
          int row = at / (LENGTH + 1);
          int column = at % (LENGTH + 1) - 1;
          double sum = 0;
          for (int d = 0; column >= 0 && d < SIZE; d++) {
            sum += SCALE * q[b][row][h * SIZE + d] * r[column * MODEL + h * SIZE + d];
          }
          return sum;
        }));
  }

  @Test
  void valuesThatAreNotTransposedBack() {
    // [length, batch * heads, size] all the way, as older fairseq and nn.MultiheadAttention.
    String lengthFirst = model.transpose(input, 1, 0, 2);
    String q = folded(model.matMul(lengthFirst, queryWeight));
    String k = folded(model.matMul(lengthFirst, keyWeight));
    String v = folded(model.matMul(lengthFirst, model.weight(WIDTH, MODEL)));
    String weights = model.softmax(times(model.matMul(q, model.transpose(k, 0, 2, 1)), SCALE));
    String sums =
        model.node("Transpose", List.of(model.matMul(weights, v)), integers("perm", 1, 0, 2));
    model.output(model.matMul(model.reshape(sums, LENGTH, BATCH, MODEL), model.weight(MODEL, 6)));
    check(expected(NO_BIAS));
  }

  private String folded(String projected) {
    return model.transpose(model.reshape(projected, LENGTH, (long) BATCH * HEADS, SIZE), 1, 0, 2);
  }
}
