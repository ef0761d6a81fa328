package io.github.attention4j.viz.conform;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Attention over pairs of given queries and keys: the scores of Bahdanau, Luong and Vaswani, and
 * sparse normalizers.
 */
final class PairwiseCases {
  private PairwiseCases() {}

  static Map<String, NdArray> dot(CaseInputs golden, Execution on) {
    Score score = golden.param("scale") == null ? Score.dot() : PairwiseTerms.scaledDot(golden);
    return run(golden, on, score, Normalizer.softmax());
  }

  static Map<String, NdArray> scaledDot(CaseInputs golden, Execution on) {
    return run(golden, on, PairwiseTerms.scaledDot(golden), Normalizer.softmax());
  }

  static Map<String, NdArray> bilinear(CaseInputs golden, Execution on) {
    Score score = new Score.Bilinear(golden.tensor("W"));
    return run(golden, on, score, Normalizer.softmax());
  }

  static CaseFamily normalizedBy(Normalizer normalizer) {
    return (golden, on) -> run(golden, on, PairwiseTerms.scaledDot(golden), normalizer);
  }

  /**
   * With {@code b_a} the keys gain a last feature 1 and U the column b: W q + U k + b = W q + [U b]
   * [k 1].
   */
  static Map<String, NdArray> additive(CaseInputs golden, Execution on) {
    Inputs inputs = PairwiseTerms.queryKeyValue(golden);
    List<Tensor> parameters =
        new ArrayList<>(
            List.of(golden.tensor("W_a"), golden.tensor("U_a"), column(golden.tensor("v_a"))));
    golden.optionalTensor("b_a").map(PairwiseCases::column).ifPresent(parameters::add);
    if (parameters.stream().anyMatch(parameter -> parameter.shape().rank() == 3)) {
      long heads = inputs.tensor(Inputs.QUERY).shape().size(1);
      parameters.replaceAll(parameter -> perHead(parameter, heads));
    }
    Tensor key = parameters.get(1);
    if (parameters.size() == 4) {
      key = Rearrange.join(-1, List.of(key, parameters.get(3)));
      Tensor keys = inputs.tensor(Inputs.KEY);
      long[] ones = keys.shape().toArray();
      ones[ones.length - 1] = 1;
      inputs =
          inputs.with(Inputs.KEY, Rearrange.join(-1, List.of(keys, Rearrange.filled(1, ones))));
    }
    long[] direction = parameters.get(2).shape().toArray();
    Score score =
        new Score.Additive(
            parameters.get(0),
            key,
            parameters.get(2).reshape(Arrays.copyOf(direction, direction.length - 1)));
    return run(golden, on, inputs, score, Normalizer.softmax());
  }

  private static Tensor column(Tensor vector) {
    long[] sizes = vector.shape().toArray();
    long[] column = Arrays.copyOf(sizes, sizes.length + 1);
    column[sizes.length] = 1;
    return vector.reshape(column);
  }

  private static Tensor perHead(Tensor parameter, long heads) {
    if (parameter.shape().rank() == 3) {
      return parameter;
    }
    Tensor one = parameter.reshape(1, parameter.shape().size(0), parameter.shape().size(1));
    return Rearrange.join(0, Collections.nCopies(Math.toIntExact(heads), one));
  }

  static Map<String, NdArray> run(
      CaseInputs golden, Execution on, Score score, Normalizer normalizer) {
    return run(golden, on, PairwiseTerms.queryKeyValue(golden), score, normalizer);
  }

  private static Map<String, NdArray> run(
      CaseInputs golden, Execution on, Inputs inputs, Score score, Normalizer normalizer) {
    PairwiseTerms terms =
        PairwiseTerms.of(golden, inputs, score, Scope.full()).normalizedBy(normalizer);
    Result result = on.run(terms.mechanism(), terms.inputs(), Capture.WEIGHTS);
    Map<String, NdArray> computed = new LinkedHashMap<>(result.arrays());
    if (golden.has("rows")) {
      computed.put(
          "output_rows", Rearrange.pick(result.output(), -2, golden.longs("rows").toArray()));
    }
    return computed;
  }
}
