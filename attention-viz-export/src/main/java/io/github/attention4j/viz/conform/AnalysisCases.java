package io.github.attention4j.viz.conform;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.viz.analysis.AttentionFlow;
import io.github.attention4j.viz.analysis.HeadMetrics;
import io.github.attention4j.viz.analysis.HeadWeights;
import io.github.attention4j.viz.analysis.NormBasedWeights;
import io.github.attention4j.viz.analysis.Rollout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What is computed from attention maps: head scores, rollout, flow, norm-based weights. */
final class AnalysisCases {
  private static final String ATTENTION = "attention";

  private AnalysisCases() {}

  static Map<String, NdArray> headMetrics(CaseInputs golden, Execution on) {
    golden.param("causal");
    Tensor attention = golden.tensor(ATTENTION);
    long[] tokens = golden.longs("tokens").toArray();
    long layers = attention.shape().size(0);
    long heads = attention.shape().size(1);
    int count = Math.toIntExact(layers * heads);
    List<HeadMetrics> metrics = new ArrayList<>();
    Tensor rows = Tensor.allocate(layers, heads, tokens.length);
    for (int head = 0; head < count; head++) {
      HeadWeights weights = HeadWeights.of(attention, head);
      metrics.add(HeadMetrics.of(weights, tokens));
      double[] entropies = HeadMetrics.entropyRows(weights);
      for (int i = 0; i < entropies.length; i++) {
        rows.set((long) head * entropies.length + i, (float) entropies[i]);
      }
    }
    Map<String, ToDoubleFunction<HeadMetrics>> scores = new LinkedHashMap<>();
    scores.put("entropy", HeadMetrics::entropy);
    scores.put("mean_distance", HeadMetrics::distance);
    scores.put("previous_token", HeadMetrics::previous);
    scores.put("duplicate_token", HeadMetrics::duplicate);
    scores.put("induction", HeadMetrics::induction);
    scores.put("tl_previous", HeadMetrics::previousShare);
    scores.put("tl_duplicate", HeadMetrics::duplicateShare);
    scores.put("tl_induction", HeadMetrics::inductionShare);
    Map<String, NdArray> computed = new LinkedHashMap<>();
    computed.put("entropy_rows", rows);
    scores.forEach((name, score) -> {
      Tensor values = Tensor.allocate(layers, heads);
      for (int head = 0; head < count; head++) {
        values.set(head, (float) score.applyAsDouble(metrics.get(head)));
      }
      computed.put(name, values);
    });
    return computed;
  }

  static Map<String, NdArray> rollout(CaseInputs golden, Execution on) {
    if (!golden.text("head_fusion", "mean").equals("mean")) {
      throw new NotUnderstoodException(
          "parameter head_fusion: expected mean, got " + golden.text("head_fusion", ""));
    }
    List<double[][]> augmented = augmented(golden);
    List<double[][]> rollouts = Rollout.of(augmented);
    Map<String, NdArray> computed = new LinkedHashMap<>();
    computed.put(Result.OUTPUT, tensor(rollouts.getLast()));
    computed.put("per_layer", stacked(rollouts));
    computed.put("augmented", stacked(augmented));
    return computed;
  }

  static Map<String, NdArray> flow(CaseInputs golden, Execution on) {
    List<double[][]> augmented = augmented(golden);
    List<double[][]> flows = AttentionFlow.of(augmented);
    Map<String, NdArray> computed = new LinkedHashMap<>();
    computed.put(Result.OUTPUT, tensor(flows.getLast()));
    computed.put("per_layer", stacked(flows));
    computed.put("normalised", stacked(flows.stream().map(AttentionFlow::normalised).toList()));
    computed.put("augmented", stacked(augmented));
    return computed;
  }

  /** {@code [layers, heads, n, n]} to the augmented matrix of every layer. */
  private static List<double[][]> augmented(CaseInputs golden) {
    Tensor attention = golden.tensor(ATTENTION);
    double residual = golden.number("residual", Rollout.RESIDUAL);
    Shape shape = attention.shape();
    List<double[][]> layers = new ArrayList<>();
    for (long layer = 0; layer < shape.size(0); layer++) {
      layers.add(
          Rollout.augment(
              Rearrange.cut(attention, 0, layer, layer + 1)
                  .reshape(shape.size(1), shape.size(2), shape.size(3)),
              residual));
    }
    return layers;
  }

  /** The weights come from the provider, one batch entry at a time; the norms are taken of them. */
  static Map<String, NdArray> normBased(CaseInputs golden, Execution on) {
    int heads = golden.integer("heads");
    golden.param("dk");
    golden.param("dv");
    if (golden.has("b_O")) {
      golden.tensor("b_O"); // No part of f.
    }
    Tensor x = golden.tensor("x");
    Tensor source = golden.has("memory") ? golden.tensor("memory") : x;
    Tensor values = projected(golden, source, "V");
    Inputs inputs =
        Inputs.of(
            Rearrange.splitHeads(projected(golden, x, "Q"), heads),
            Rearrange.splitHeads(projected(golden, source, "K"), heads),
            Rearrange.splitHeads(values, heads));
    PairwiseTerms terms =
        PairwiseTerms.of(golden, inputs, PairwiseTerms.scaledDot(golden), Scope.full());
    Tensor weights = on.require(terms.mechanism(), terms.inputs(), Capture.WEIGHTS).weights();
    double[][] output = matrix(golden.tensor("W_O"));
    List<Tensor> perHead = new ArrayList<>();
    List<Tensor> perLayer = new ArrayList<>();
    List<Tensor> norms = new ArrayList<>();
    for (long b = 0; b < x.shape().size(0); b++) {
      double[][][] attention = new double[heads][][];
      for (int head = 0; head < heads; head++) {
        attention[head] = matrix(weights, b * heads + head);
      }
      NormBasedWeights based = NormBasedWeights.of(attention, matrix(values, b), output);
      perHead.add(batch(stacked(List.of(based.heads()))));
      perLayer.add(batch(tensor(based.layer())));
      norms.add(batch(tensor(based.transformedNorms())));
    }
    Map<String, NdArray> computed = new LinkedHashMap<>();
    computed.put(Result.WEIGHTS, weights);
    computed.put(Result.OUTPUT, Rearrange.join(0, perHead));
    computed.put("layer", Rearrange.join(0, perLayer));
    computed.put("transformed_norm", Rearrange.join(0, norms));
    return computed;
  }

  /** {@code x W + b}, {@code [batch, length, out]}. */
  private static Tensor projected(CaseInputs golden, Tensor x, String suffix) {
    double[][] weights = matrix(golden.tensor("W_" + suffix));
    int size = golden.tensor("W_" + suffix).shape().intSize(1);
    double @Nullable [] bias =
        golden.has("b_" + suffix) ? matrix(golden.tensor("b_" + suffix).reshape(1, size))[0] : null;
    Tensor projected = Tensor.allocate(x.shape().size(0), x.shape().size(1), size);
    long at = 0;
    for (long b = 0; b < x.shape().size(0); b++) {
      for (double[] row : matrix(x, b)) {
        for (double value : NormBasedWeights.project(row, weights, bias, size)) {
          projected.set(at++, (float) value);
        }
      }
    }
    return projected;
  }

  private static double[][] matrix(Tensor array) {
    return matrix(array, 0);
  }

  /** The matrix of the last two axes at an index of the axes before them. */
  private static double[][] matrix(Tensor array, long index) {
    int rows = array.shape().intSize(-2);
    int columns = array.shape().intSize(-1);
    double[][] matrix = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        matrix[i][j] = array.at((index * rows + i) * columns + j);
      }
    }
    return matrix;
  }

  private static Tensor tensor(double[][] matrix) {
    long columns = matrix.length == 0 ? 0 : matrix[0].length;
    Tensor tensor = Tensor.allocate(matrix.length, columns);
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j < columns; j++) {
        tensor.set(i * columns + j, (float) matrix[i][j]);
      }
    }
    return tensor;
  }

  private static Tensor stacked(List<double[][]> matrices) {
    List<Tensor> parts = matrices.stream().map(matrix -> batch(tensor(matrix))).toList();
    return Rearrange.join(0, parts);
  }

  private static Tensor batch(Tensor array) {
    long[] sizes = array.shape().toArray();
    long[] batched = new long[sizes.length + 1];
    batched[0] = 1;
    System.arraycopy(sizes, 0, batched, 1, sizes.length);
    return array.reshape(batched);
  }
}
