package io.github.attention4j.onnx;

import io.github.attention4j.api.Bias;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/// A request of every kind with inputs for it.
final class Examples {
  private static final Capture[] ROWS = {
    Capture.WEIGHTS, new Capture.TopK(3), new Capture.Pooled(2, 3)
  };

  private Examples() {}

  /// @param name for messages
  /// @param request what to run
  /// @param inputs several runs
  /// @param tolerance relative to 1 or the number, whichever is larger
  record Example(String name, Request request, List<Inputs> inputs, double tolerance) {}

  static List<Example> all() {
    List<Example> all = new ArrayList<>();
    scores(all);
    scopes(all);
    normalizers(all);
    linear(all);
    memories(all);
    operators(all);
    return all;
  }

  private static void add(
      List<Example> all, String name, Mechanism mechanism, Inputs inputs, Capture... captures) {
    all.add(new Example(name, Request.of(mechanism).capture(captures), List.of(inputs), 2e-5));
  }

  private static Inputs heads(int queryHeads, int keyHeads, int queries, int keys, int size) {
    return Inputs.of(
        Numbers.normal(1, 2, queryHeads, queries, size),
        Numbers.normal(2, 2, keyHeads, keys, size),
        Numbers.normal(3, 2, keyHeads, keys, 3));
  }

  private static Tensor dirty(Tensor tensor, int batch, int from) {
    Tensor copy = Tensor.of(tensor.toArray(), tensor.shape().toArray());
    for (int h = 0; h < copy.shape().size(1); h++) {
      for (int j = from; j < copy.shape().size(2); j++) {
        for (int e = 0; e < copy.shape().size(3); e++) {
          long index =
              ((batch * copy.shape().size(1) + h) * copy.shape().size(2) + j) * copy.shape().size(3)
                  + e;
          copy.set(index, e % 2 == 0 ? Float.NaN : Float.NEGATIVE_INFINITY);
        }
      }
    }
    return copy;
  }

  private static void scores(List<Example> all) {
    Inputs even = heads(4, 4, 5, 6, 4);
    Inputs grouped = heads(4, 2, 5, 6, 4);
    Capture[] captures = {
      Capture.WEIGHTS, Capture.LOG_SUM_EXP, new Capture.TopK(3), new Capture.Pooled(2, 3)
    };
    List<Score> list =
        List.of(
            Score.dot(),
            Score.scaledDot(),
            Score.scaledDot(0.3),
            new Score.Additive(
                Numbers.normal(4, 5, 4), Numbers.normal(5, 5, 4), Numbers.normal(6, 5)),
            new Score.Additive(
                Numbers.normal(4, 4, 5, 4), Numbers.normal(5, 4, 5, 4), Numbers.normal(6, 4, 5)),
            new Score.Bilinear(Numbers.normal(4, 4, 4)),
            new Score.Bilinear(Numbers.normal(4, 4, 4, 4)),
            new Score.Cosine(2.5),
            Score.scaledDot().softcap(1.5),
            Score.scaledDot().rotary(100, 4, false),
            Score.scaledDot().rotary(100, 2, true).softcap(2));
    for (int i = 0; i < list.size(); i++) {
      all.add(
          new Example(
              "score " + i + " " + list.get(i).getClass().getSimpleName(),
              Request.of(Pairwise.of(list.get(i))).capture(captures),
              List.of(even, grouped),
              2e-5));
    }
    add(
        all,
        "rotary stages",
        Pairwise.of(Score.dot().rotary(50, 4, false)).placed(Placement.at(2)),
        grouped,
        Capture.STAGES);
    add(
        all,
        "given positions",
        Pairwise.of(new Score.Rotary(Score.dot(), 50, 4, true, Optional.of("positions"))),
        heads(2, 2, 4, 4, 4).with("positions", Numbers.ids(9, 20, 2, 4)));
    add(
        all,
        "given scores",
        Pairwise.of(new Score.Given("scores")).within(Scope.lengths()),
        Inputs.none()
            .with("scores", Numbers.normal(7, 2, 3, 4, 5))
            .with(Inputs.VALUE, Numbers.normal(8, 2, 3, 5, 2))
            .with(Inputs.LENGTHS, LongTensor.of(new long[] {5, 0}, 2)),
        ROWS);
    Tensor bias = Numbers.normal(11, 4, 1, 6);
    bias.set(3, Float.NEGATIVE_INFINITY);
    add(
        all,
        "biases",
        Pairwise.of(Score.scaledDot())
            .plus(new Bias.Dense(Inputs.BIAS))
            .plus(Bias.Alibi.forHeads(4))
            .plus(new Bias.RelativeBuckets(Numbers.normal(10, 8, 4), true, 5))
            .placed(Placement.end()),
        grouped.with(Inputs.BIAS, bias),
        captures);
  }

  private static void scopes(List<Example> all) {
    LongTensor blocks = LongTensor.of(new long[] {1, -1, 0, 2, 2, -1}, 1, 3, 2);
    List<Scope> list =
        List.of(
            Scope.causal(),
            Scope.window(2, 1),
            new Scope.Window(Scope.UNBOUNDED, 1, 2),
            new Scope.Strided(3),
            new Scope.Summaries(3, 1),
            new Scope.BlockWindow(2, 1, 0),
            new Scope.GlobalBlocks(2, List.of(1L, 7L)),
            new Scope.KeyBlocks(3, blocks),
            Scope.bigBird(2, 3, List.of(0L), blocks),
            Scope.sparseStrided(2),
            Scope.sparseFixed(3, 1),
            Scope.longformer(1),
            Scope.lengths(),
            Scope.mask().and(Scope.causal().not()),
            new Scope.PerHead(
                List.of(Scope.causal(), Scope.lengths(), Scope.causal(), Scope.window(1, 1))));
    List<Placement> placements =
        List.of(
            Placement.start(),
            Placement.at(-3),
            Placement.end(),
            new Placement.EndOfLength(Inputs.LENGTHS));
    Inputs inputs =
        heads(4, 2, 7, 9, 4)
            .with(Inputs.LENGTHS, LongTensor.of(new long[] {9, 4}, 2))
            .with(Inputs.MASK, Numbers.coins(5, 0.5, 4, 1, 9))
            .with(Inputs.GLOBAL, Numbers.coins(6, 0.3, 2, 9));
    for (int i = 0; i < list.size(); i++) {
      Placement placement = placements.get(i % placements.size());
      add(
          all,
          "scope " + i + " " + placement,
          Pairwise.of(Score.scaledDot()).within(list.get(i)).placed(placement),
          inputs,
          Capture.WEIGHTS,
          Capture.LOG_SUM_EXP,
          new Capture.TopK(4));
    }
    add(
        all,
        "garbage in padding",
        Pairwise.of(Score.scaledDot()).within(Scope.lengths()),
        Inputs.of(
                Numbers.normal(1, 2, 4, 3, 4),
                dirty(Numbers.normal(2, 2, 2, 5, 4), 1, 2),
                dirty(Numbers.normal(3, 2, 2, 5, 3), 1, 2))
            .with(Inputs.LENGTHS, LongTensor.of(new long[] {5, 2}, 2)),
        ROWS);
  }

  private static void normalizers(List<Example> all) {
    Inputs inputs = heads(4, 2, 5, 7, 4).with(Inputs.LENGTHS, LongTensor.of(new long[] {7, 3}, 2));
    Scope scope = Scope.lengths().and(Scope.window(3, 3));
    for (Normalizer normalizer :
        List.of(
            new Normalizer.Sparsemax(),
            new Normalizer.Entmax15(),
            new Normalizer.ChainCrf(Numbers.normal(4, 2, 2)),
            new Normalizer.ChainCrf(Numbers.normal(4, 4, 2, 2)),
            new Normalizer.ChainCrf(Numbers.normal(4, 4, 6, 2, 2)),
            new Normalizer.ChainCrf(Numbers.normal(4, 1, 6, 2, 2)))) {
      boolean chain = normalizer instanceof Normalizer.ChainCrf;
      add(
          all,
          normalizer.getClass().getSimpleName() + " " + all.size(),
          Pairwise.of(Score.dot()).within(scope).normalizedBy(normalizer),
          inputs,
          chain ? new Capture[] {Capture.WEIGHTS, Capture.LOG_SUM_EXP, Capture.STAGES} : ROWS);
    }
    for (boolean single : new boolean[] {false, true}) {
      for (Normalizer tree :
          List.of(
              new Normalizer.NonProjectiveTree(single), new Normalizer.ProjectiveTree(single))) {
        for (Scope each : List.of(Scope.full(), Scope.lengths(), Scope.mask())) {
          add(
              all,
              tree + " " + each,
              Pairwise.of(Score.dot()).within(each).normalizedBy(tree),
              heads(2, 1, 6, 7, 3)
                  .with(Inputs.LENGTHS, LongTensor.of(new long[] {7, 4}, 2))
                  .with(Inputs.MASK, withoutWord(Numbers.coins(3, 0.8, 2, 1, 6, 7), 2)),
              Capture.WEIGHTS,
              Capture.LOG_SUM_EXP);
        }
        add(
            all,
            tree + " of one word",
            Pairwise.of(Score.dot()).normalizedBy(tree),
            heads(2, 1, 1, 2, 3),
            Capture.WEIGHTS,
            Capture.LOG_SUM_EXP);
      }
    }
  }

  /// No head for one word in the middle, every other may hang on the root symbol.
  private static io.github.attention4j.api.BooleanTensor withoutWord(
      io.github.attention4j.api.BooleanTensor mask, int word) {
    for (int b = 0; b < 2; b++) {
      for (int m = 0; m < 6; m++) {
        for (int h = 0; h < 7; h++) {
          if (m == word || h == 0) {
            mask.set((b * 6 + m) * 7 + h, m != word);
          }
        }
      }
    }
    return mask;
  }

  /// What single operators can express, and garbage where their kernels let it through.
  private static void operators(List<Example> all) {
    for (Example example : List.copyOf(all)) {
      if (example.request().mechanism() instanceof Pairwise pairwise
          && !example.request().captures().isEmpty()) {
        all.add(
            new Example(
                example.name() + " without captures",
                Request.of(pairwise),
                example.inputs(),
                example.tolerance()));
      }
    }
    List<Pairwise> list =
        List.of(
            Pairwise.of(Score.scaledDot()),
            Pairwise.of(Score.scaledDot().softcap(2)),
            Pairwise.of(Score.scaledDot(-0.4)),
            Pairwise.of(Score.scaledDot(0)),
            Pairwise.of(Score.dot()).within(Scope.causal()),
            Pairwise.of(Score.scaledDot(0.3).softcap(1.5)).within(Scope.causal()),
            Pairwise.of(Score.scaledDot().rotary(100, 8, false)).within(Scope.causal()),
            Pairwise.of(Score.scaledDot()).within(Scope.window(2, 0)),
            Pairwise.of(Score.scaledDot())
                .within(Scope.causal().and(Scope.window(3, Scope.UNBOUNDED)))
                .placed(Placement.end()),
            Pairwise.of(Score.scaledDot()).within(Scope.causal()).placed(Placement.at(2)),
            Pairwise.of(Score.scaledDot())
                .within(Scope.causal().and(Scope.lengths()))
                .placed(new Placement.EndOfLength(Inputs.LENGTHS)),
            Pairwise.of(Score.scaledDot()).within(Scope.causal().and(Scope.lengths())),
            Pairwise.of(Score.scaledDot()).within(Scope.lengths()),
            Pairwise.of(Score.scaledDot()).plus(Bias.Alibi.forHeads(4)).within(Scope.causal()));
    for (int i = 0; i < list.size(); i++) {
      all.add(
          new Example(
              "operator " + i,
              Request.of(list.get(i)),
              List.of(
                  vectors(4, 4, 7, 7),
                  vectors(4, 2, 7, 7),
                  vectors(4, 2, 1, 7),
                  vectors(4, 4, 3, 7),
                  withGarbage(vectors(4, 2, 7, 7), list.get(i)),
                  withGarbage(vectors(4, 4, 7, 7), list.get(i))),
              2e-5));
    }
  }

  /// Of size 8, with lengths 5, 0 and all.
  private static Inputs vectors(int queryHeads, int keyHeads, int queries, int keys) {
    return Inputs.of(
            Numbers.normal(1, 3, queryHeads, queries, 8),
            Numbers.normal(2, 3, keyHeads, keys, 8),
            Numbers.normal(3, 3, keyHeads, keys, 8))
        .with(Inputs.LENGTHS, LongTensor.of(new long[] {5, 0, 7}, 3));
  }

  private static Inputs withGarbage(Inputs inputs, Pairwise mechanism) {
    return mechanism.scope() instanceof Scope.Full
        ? inputs
        : inputs
            .with(Inputs.KEY, dirty(inputs.tensor(Inputs.KEY), 0, 5))
            .with(Inputs.VALUE, dirty(inputs.tensor(Inputs.VALUE), 0, 5));
  }

  private static void linear(List<Example> all) {
    Inputs inputs = heads(4, 2, 6, 6, 4).with(Inputs.LENGTHS, LongTensor.of(new long[] {6, 0}, 2));
    Inputs even = heads(4, 4, 6, 6, 4);
    FeatureMap elu = new FeatureMap.EluPlusOne();
    FeatureMap favor = FeatureMap.FavorPlus.draw(5, 4, 7, true, true);
    FeatureMap favorPerHead = new FeatureMap.FavorPlus(Numbers.normal(4, 4, 5, 4), false);
    add(
        all,
        "elu",
        new Mechanism.Linearized(elu, Scope.full()),
        inputs,
        Capture.STATE,
        Capture.STAGES);
    add(all, "elu lengths", new Mechanism.Linearized(elu, Scope.lengths()), inputs);
    add(all, "elu rows", new Mechanism.Linearized(elu, Scope.lengths()), inputs, ROWS);
    add(all, "elu causal", new Mechanism.Linearized(elu, Scope.causal()), inputs, ROWS);
    add(
        all,
        "elu causal lengths",
        new Mechanism.Linearized(elu, Scope.causal().and(Scope.lengths())),
        inputs,
        Capture.STATE);
    Inputs chunked =
        heads(4, 2, 300, 300, 4).with(Inputs.LENGTHS, LongTensor.of(new long[] {260, 0}, 2));
    for (FeatureMap features : List.of(elu, favor)) {
      for (Scope scope : List.of(Scope.causal(), Scope.causal().and(Scope.lengths()))) {
        Mechanism causal = new Mechanism.Linearized(features, scope);
        add(all, "chunks of " + features.getClass().getSimpleName() + " " + scope, causal, chunked);
        add(
            all,
            "unequal chunks " + features.getClass().getSimpleName() + " " + scope,
            causal,
            heads(4, 2, 200, 300, 4).with(Inputs.LENGTHS, LongTensor.of(new long[] {130, 0}, 2)));
      }
    }
    add(
        all,
        "large features",
        new Mechanism.Linearized(favor, Scope.causal()),
        Inputs.of(
            Numbers.normal(1, 1, 1, 200, 4),
            ramp(Numbers.normal(2, 1, 1, 200, 4)),
            Numbers.normal(3, 1, 1, 200, 3)));
    add(all, "favor", new Mechanism.Linearized(favor, Scope.full()), inputs, Capture.STAGES);
    add(all, "favor causal", new Mechanism.Linearized(favor, Scope.causal()), inputs, ROWS);
    add(all, "favor per head", new Mechanism.Linearized(favorPerHead, Scope.full()), even);
    for (Scope scope : List.of(Scope.full(), Scope.causal())) {
      add(
          all,
          "continued " + scope,
          new Mechanism.Linearized(elu, scope),
          inputs
              .with("state_s", Numbers.normal(5, 2, 2, 4, 3))
              .with("state_z", Numbers.uniform(6, 2, 2, 4)),
          Capture.WEIGHTS,
          Capture.STATE);
      add(
          all,
          "continued sums " + scope,
          new Mechanism.Linearized(elu, scope),
          inputs
              .with("state_s", Numbers.normal(5, 2, 2, 4, 3))
              .with("state_z", Numbers.uniform(6, 2, 2, 4)));
    }
    for (int kind = 0; kind < 4; kind++) {
      boolean gated = kind % 2 == 1;
      boolean delta = kind / 2 == 1;
      Mechanism recurrent = new Mechanism.Recurrent(gated, delta, OptionalDouble.empty());
      Tensor decay = Numbers.uniform(7, 2, 2, 6);
      Tensor perElement = Numbers.uniform(8, 2, 2, 6, 4);
      for (Tensor each : List.of(decay, perElement)) {
        for (long i = 0; i < each.shape().elements(); i++) {
          each.set(i, -each.at(i));
        }
      }
      Inputs given = inputs.with("beta", Numbers.uniform(9, 2, 2, 6));
      all.add(
          new Example(
              recurrent.toString(),
              Request.of(recurrent).capture(Capture.STATE),
              List.of(
                  given.with("decay", decay),
                  given.with("decay", perElement).with("state", Numbers.normal(10, 2, 2, 4, 3))),
              2e-5));
    }
    add(
        all,
        "linformer",
        new Mechanism.LowRank(
            Numbers.normal(4, 3, 6),
            Numbers.normal(5, 2, 3, 6),
            OptionalDouble.empty(),
            Scope.lengths()),
        inputs,
        Capture.WEIGHTS,
        Capture.LOG_SUM_EXP,
        new Capture.TopK(2),
        Capture.STAGES);
    for (int landmarks : new int[] {1, 2, 3, 6}) {
      for (int iterations : new int[] {0, 6}) {
        add(
            all,
            "landmarks " + landmarks + " " + iterations,
            new Mechanism.Landmark(landmarks, iterations, OptionalDouble.of(0.5)),
            inputs,
            Capture.WEIGHTS,
            new Capture.TopK(3),
            Capture.STAGES);
      }
    }
    for (int taps : new int[] {2, 9}) {
      add(
          all,
          "hyena " + taps,
          new Mechanism.LongConvolution(Numbers.normal(4, 2, 3, taps)),
          Inputs.none()
              .with("gates", Numbers.normal(5, 2, 2, 7, 3))
              .with(Inputs.VALUE, Numbers.normal(6, 2, 7, 3)),
          Capture.WEIGHTS);
    }
  }

  /// Longer and longer vectors, whose features outgrow float32 by far.
  private static Tensor ramp(Tensor keys) {
    for (long i = 0; i < keys.shape().elements(); i++) {
      keys.set(i, keys.at(i) * i / 10);
    }
    return keys;
  }

  private static void memories(List<Example> all) {
    Inputs ntm =
        Inputs.none()
            .with("memory", Numbers.normal(1, 2, 5, 4))
            .with(Inputs.QUERY, Numbers.normal(2, 2, 3, 4))
            .with("beta", Numbers.uniform(3, 2, 3))
            .with("gate", Numbers.uniform(4, 2, 3))
            .with("gamma", Numbers.uniform(5, 2, 3))
            .with("previous", Numbers.uniform(6, 2, 3, 5))
            .with("shift", Numbers.uniform(7, 2, 3, 3));
    all.add(
        new Example(
            "ntm",
            Request.of(new Mechanism.NtmAddressing()).capture(Capture.WEIGHTS, Capture.STAGES),
            List.of(
                ntm,
                ntm.with("erase", Numbers.uniform(8, 2, 3, 4))
                    .with("add", Numbers.normal(9, 2, 3, 4))),
            2e-5));
    Inputs inputs = heads(4, 2, 5, 5, 4);
    Mechanism nearest = new Mechanism.NearestKeys(3, Numbers.normal(4, 4), OptionalDouble.empty());
    add(
        all,
        "nearest keys",
        nearest,
        inputs
            .with("memory_key", Numbers.normal(5, 2, 1, 6, 4))
            .with("memory_value", Numbers.normal(6, 2, 1, 6, 3)),
        Capture.WEIGHTS,
        Capture.STAGES);
    add(
        all,
        "few nearest keys",
        nearest,
        inputs
            .with("memory_key", Numbers.normal(5, 2, 4, 2, 4))
            .with("memory_value", Numbers.normal(6, 2, 4, 2, 3)),
        Capture.WEIGHTS);
    Inputs hops =
        Inputs.none()
            .with(Inputs.QUERY, Numbers.normal(1, 2, 4))
            .with("memory_key", Numbers.normal(2, 3, 2, 5, 4))
            .with("memory_value", Numbers.normal(3, 3, 2, 5, 4))
            .with(Inputs.LENGTHS, LongTensor.of(new long[] {3, 0}, 2));
    for (Scope scope : List.of(Scope.full(), Scope.lengths())) {
      add(
          all,
          "hops " + scope,
          new Mechanism.MultiHop(scope),
          hops,
          Capture.WEIGHTS,
          Capture.STAGES);
    }
    Inputs words =
        Inputs.none()
            .with("story", Numbers.ids(4, 6, 2, 3, 4))
            .with("question", Numbers.ids(5, 6, 2, 5));
    for (boolean position : new boolean[] {false, true}) {
      add(
          all,
          "words adjacent " + position,
          new Mechanism.WordMemory(
              2,
              Numbers.normal(6, 3, 6, 4),
              Optional.of(Numbers.normal(7, 3, 5, 4)),
              Optional.empty(),
              position),
          words,
          Capture.WEIGHTS,
          Capture.STAGES);
      add(
          all,
          "words by layer " + position,
          new Mechanism.WordMemory(
              3,
              Numbers.normal(6, 2, 6, 4),
              Optional.empty(),
              Optional.of(Numbers.normal(8, 4, 4)),
              position),
          words,
          Capture.WEIGHTS,
          Capture.STAGES);
    }
    for (int topK : new int[] {1, 4, 20}) {
      add(
          all,
          "product keys " + topK,
          new Mechanism.ProductKeys(
              topK,
              Numbers.normal(1, 2, 5, 3),
              Numbers.normal(2, 2, 5, 3),
              Numbers.normal(3, 25, 4)),
          Inputs.none().with(Inputs.QUERY, Numbers.normal(4, 2, 2, 3, 6)),
          Capture.WEIGHTS,
          Capture.STAGES);
    }
  }
}
