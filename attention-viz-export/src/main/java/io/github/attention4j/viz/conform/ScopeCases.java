package io.github.attention4j.viz.conform;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Sparse patterns: scaled dot products within a scope. */
final class ScopeCases {
  private ScopeCases() {}

  static Map<String, NdArray> localWindow(CaseInputs golden, Execution on) {
    return run(golden, on, Scope.window(side(golden, "left"), side(golden, "right")));
  }

  /** How far a window reaches to one side. */
  private static long side(CaseInputs golden, String name) {
    int reach = golden.integer(name);
    if (reach < Scope.UNBOUNDED) {
      throw new NotUnderstoodException(
          "parameter " + name + ": expected a reach, or -1 for an unbounded side, got " + reach);
    }
    return reach;
  }

  /** The dilation is one number, or one per head as a list or as the tensor {@code dilations}. */
  static Map<String, NdArray> dilatedWindow(CaseInputs golden, Execution on) {
    long left = side(golden, "left");
    long right = side(golden, "right");
    long[] dilations = golden.integers("dilation");
    if (golden.has("dilations")) {
      dilations = golden.longs("dilations").toArray();
    }
    if (dilations.length == 0) {
      throw new NotUnderstoodException(
          "expected a parameter 'dilation' or a tensor 'dilations', got neither");
    }
    List<Scope> scopes = new ArrayList<>();
    for (long each : dilations) {
      scopes.add(new Scope.Window(left, right, each));
    }
    return run(golden, on, scopes.size() == 1 ? scopes.getFirst() : new Scope.PerHead(scopes));
  }

  static Map<String, NdArray> longformer(CaseInputs golden, Execution on) {
    Inputs inputs =
        PairwiseTerms.queryKeyValue(golden).with(Inputs.GLOBAL, golden.booleans("global_mask"));
    return run(golden, on, inputs, Scope.longformer(golden.integer("one_sided_window")), false);
  }

  static Map<String, NdArray> bigBird(CaseInputs golden, Execution on) {
    long[] global = golden.integers("global_blocks");
    if (golden.has("global_blocks")) {
      global = golden.longs("global_blocks").toArray();
    }
    List<Long> globalBlocks = LongStream.of(global).boxed().toList();
    long block = golden.integer("block");
    long windowBlocks = golden.integer("window_blocks");
    LongTensor randomBlocks =
        golden.has("random_blocks") ? golden.longs("random_blocks") : LongTensor.allocate(1, 1, 0);
    return run(golden, on, Scope.bigBird(block, windowBlocks, globalBlocks, randomBlocks));
  }

  static Map<String, NdArray> sparseStrided(CaseInputs golden, Execution on) {
    long stride = golden.integer("stride");
    return sparse(golden, on, Scope.window(stride, 0), new Scope.Strided(stride));
  }

  static Map<String, NdArray> sparseFixed(CaseInputs golden, Execution on) {
    long stride = golden.integer("stride");
    return sparse(
        golden,
        on,
        new Scope.BlockWindow(stride, 0, 0),
        new Scope.Summaries(stride, golden.integer("c")));
  }

  /** The two sets of the Sparse Transformer, alone, in one head, or on even and odd heads. */
  private static Map<String, NdArray> sparse(
      CaseInputs golden, Execution on, Scope first, Scope second) {
    int heads = golden.tensor("q").shape().intSize(1);
    String combination = golden.text("combination", "merged");
    Scope scope =
        switch (combination) {
          case "A1" -> first;
          case "A2" -> second;
          case "merged" -> first.or(second);
          case "per_head" ->
              new Scope.PerHead(
                  IntStream.range(0, heads).mapToObj(h -> h % 2 == 0 ? first : second).toList());
          default ->
              throw new NotUnderstoodException(
                  "parameter combination: expected A1, A2, merged or per_head, got " + combination);
        };
    return run(golden, on, PairwiseTerms.queryKeyValue(golden), scope, true);
  }

  static Map<String, NdArray> blockDiagonal(CaseInputs golden, Execution on) {
    Scope scope =
        new Scope.BlockWindow(
            golden.integer("block"),
            golden.integer("prev_blocks", 0),
            golden.integer("next_blocks", 0));
    return run(golden, on, scope);
  }

  private static Map<String, NdArray> run(CaseInputs golden, Execution on, Scope scope) {
    return run(golden, on, PairwiseTerms.queryKeyValue(golden), scope, false);
  }

  private static Map<String, NdArray> run(
      CaseInputs golden, Execution on, Inputs inputs, Scope scope, boolean alwaysCausal) {
    PairwiseTerms.Causality causality =
        alwaysCausal ? PairwiseTerms.Causality.TOP_LEFT : PairwiseTerms.causality(golden);
    PairwiseTerms terms =
        PairwiseTerms.of(golden, inputs, PairwiseTerms.scaledDot(golden), scope, causality);
    Result result = on.run(terms.mechanism(), terms.inputs(), Capture.WEIGHTS);
    Map<String, NdArray> computed = new LinkedHashMap<>(result.arrays());
    if (golden.expects("mask") && computed.containsKey(Result.WEIGHTS)) {
      computed.put("mask", allowed(terms, on));
    }
    return computed;
  }

  /**
   * The pairs the provider allows: with queries of zeros every allowed key of a row has the same
   * weight above zero.
   */
  private static BooleanTensor allowed(PairwiseTerms terms, Execution on) {
    Shape queries = terms.inputs().tensor(Inputs.QUERY).shape();
    Inputs zeros = terms.inputs().with(Inputs.QUERY, Tensor.allocate(queries));
    Tensor weights = on.require(terms.mechanism(), zeros, Capture.WEIGHTS).weights();
    BooleanTensor allowed = BooleanTensor.allocate(weights.shape());
    for (long i = 0; i < weights.shape().elements(); i++) {
      allowed.set(i, weights.at(i) > 0);
    }
    return allowed;
  }
}
