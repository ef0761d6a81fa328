package io.github.attention4j.viz.conform;

import io.github.attention4j.api.Bias;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.viz.conform.PairwiseTerms.Causality;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Scores that know positions: ALiBi, T5's relative bias, rotary embeddings. */
final class PositionCases {
  private static final String POSITIONS = "position_ids";

  private PositionCases() {}

  static Map<String, NdArray> alibi(CaseInputs golden, Execution on) {
    Inputs inputs = PairwiseTerms.queryKeyValue(golden);
    Bias.Alibi bias =
        golden.has("slopes")
            ? new Bias.Alibi(golden.tensor("slopes"))
            : Bias.Alibi.forHeads(inputs.tensor(Inputs.QUERY).shape().intSize(1));
    PairwiseTerms terms =
        PairwiseTerms.of(golden, inputs, PairwiseTerms.scaledDot(golden), Scope.full()).plus(bias);
    Map<String, NdArray> computed =
        new LinkedHashMap<>(on.run(terms.mechanism(), terms.inputs(), Capture.WEIGHTS).arrays());
    computed.put("slopes", bias.slopes());
    return computed;
  }

  /** Without buckets for keys after the query, those keys are masked. */
  static Map<String, NdArray> relativeBuckets(CaseInputs golden, Execution on) {
    Inputs inputs = PairwiseTerms.queryKeyValue(golden);
    boolean bidirectional = golden.flag("bidirectional");
    Tensor table = golden.tensor("table");
    int buckets = golden.integer("num_buckets", table.shape().intSize(0));
    if (buckets != table.shape().size(0)) {
      throw new NotUnderstoodException(
          "parameter num_buckets: expected the rows of table "
              + table.shape()
              + ", got "
              + buckets);
    }
    Bias.RelativeBuckets bias =
        new Bias.RelativeBuckets(table, bidirectional, golden.integer("max_distance"));
    Causality causality = bidirectional ? PairwiseTerms.causality(golden) : Causality.TOP_LEFT;
    PairwiseTerms terms =
        PairwiseTerms.of(golden, inputs, PairwiseTerms.scaledDot(golden), Scope.full(), causality)
            .plus(bias);
    Map<String, NdArray> computed =
        new LinkedHashMap<>(on.run(terms.mechanism(), terms.inputs(), Capture.WEIGHTS).arrays());
    computed.put(
        "buckets",
        buckets(
            bias,
            golden.integer("offset", 0),
            inputs.tensor(Inputs.QUERY).shape().intSize(-2),
            inputs.tensor(Inputs.KEY).shape().intSize(-2)));
    return computed;
  }

  private static LongTensor buckets(Bias.RelativeBuckets bias, long offset, int queries, int keys) {
    LongTensor buckets = LongTensor.allocate(queries, keys);
    for (int i = 0; i < queries; i++) {
      for (int j = 0; j < keys; j++) {
        buckets.set((long) i * keys + j, bias.bucket(j - (offset + i)));
      }
    }
    return buckets;
  }

  static CaseFamily rotary(boolean interleaved) {
    return (golden, on) -> {
      if (golden.param("interleaved") != null && golden.flag("interleaved") != interleaved) {
        throw new NotUnderstoodException(
            "parameter interleaved: expected "
                + interleaved
                + " as the name of the mechanism says");
      }
      Inputs inputs = PairwiseTerms.queryKeyValue(golden);
      Optional<String> positions = Optional.empty();
      if (golden.has(POSITIONS)) {
        positions = Optional.of(POSITIONS);
        inputs = inputs.with(POSITIONS, golden.longs(POSITIONS));
      }
      int size = golden.integer("rotary_dim", inputs.tensor(Inputs.QUERY).shape().intSize(-1));
      double base = golden.number("base", 10_000);
      Score score =
          new Score.Rotary(PairwiseTerms.scaledDot(golden), base, size, interleaved, positions);
      PairwiseTerms terms = PairwiseTerms.of(golden, inputs, score, Scope.full());
      return on.run(terms.mechanism(), terms.inputs(), Capture.WEIGHTS).arrays();
    };
  }
}
