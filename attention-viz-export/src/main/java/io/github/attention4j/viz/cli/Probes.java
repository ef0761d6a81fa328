package io.github.attention4j.viz.cli;

import io.github.attention4j.api.Bias;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.AttentionProvider;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** One small request for every term of the vocabulary, to ask a provider what it refuses. */
final class Probes {
  private static final Map<String, Request> REQUESTS = new LinkedHashMap<>();
  private static final Pairwise SCALED = Pairwise.of(Score.scaledDot());

  static {
    scores();
    biases();
    scopes();
    normalizers();
    mechanisms();
    captures();
  }

  private Probes() {}

  static int count() {
    return REQUESTS.size();
  }

  /** The terms the provider refuses, with its reasons. */
  static Map<String, List<String>> refusals(AttentionProvider provider) {
    Map<String, List<String>> refusals = new LinkedHashMap<>();
    REQUESTS.forEach((term, request) -> {
      List<String> reasons = provider.unsupported(request);
      if (!reasons.isEmpty()) {
        refusals.put(term, reasons);
      }
    });
    return refusals;
  }

  private static void scores() {
    score("dot", Score.dot());
    score("scaled dot", Score.scaledDot());
    score(
        "additive",
        new Score.Additive(Tensor.allocate(2, 4), Tensor.allocate(2, 4), Tensor.allocate(2)));
    score("bilinear", new Score.Bilinear(Tensor.allocate(4, 4)));
    score("cosine", new Score.Cosine(1));
    score("given scores", new Score.Given("scores"));
    score("softcap", Score.scaledDot().softcap(20));
    score("rotary", Score.scaledDot().rotary(10_000, 4, false));
  }

  private static void score(String term, Score score) {
    pairwise("score " + term, Pairwise.of(score));
  }

  private static void biases() {
    pairwise("bias dense", SCALED.plus(new Bias.Dense("bias")));
    pairwise("bias ALiBi", SCALED.plus(Bias.Alibi.forHeads(2)));
    pairwise(
        "bias relative buckets",
        SCALED.plus(new Bias.RelativeBuckets(Tensor.allocate(8, 2), true, 16)));
  }

  private static void scopes() {
    scope("causal", Scope.causal());
    scope("window", Scope.window(2, 2));
    scope("dilated window", new Scope.Window(2, 2, 2));
    scope("longformer", Scope.longformer(2));
    scope("bigbird", Scope.bigBird(2, 3, List.of(0L), LongTensor.allocate(1, 2, 1)));
    scope("sparse strided", Scope.sparseStrided(4));
    scope("sparse fixed", Scope.sparseFixed(4, 1));
    scope("lengths", Scope.lengths());
    scope("mask", Scope.mask());
    scope("per head", new Scope.PerHead(List.of(Scope.full(), Scope.causal())));
    scope("not", Scope.causal().not());
    pairwise("placement end", SCALED.within(Scope.causal()).placed(Placement.end()));
    pairwise(
        "placement end of length",
        SCALED.within(Scope.causal()).placed(new Placement.EndOfLength("lengths")));
  }

  private static void scope(String term, Scope scope) {
    pairwise("scope " + term, SCALED.within(scope));
  }

  private static void normalizers() {
    normalizer("sparsemax", new Normalizer.Sparsemax());
    normalizer("entmax-1.5", new Normalizer.Entmax15());
    normalizer("chain CRF", new Normalizer.ChainCrf(Tensor.allocate(2, 2)));
    normalizer("non-projective tree", new Normalizer.NonProjectiveTree(true));
    normalizer("projective tree", new Normalizer.ProjectiveTree(true));
  }

  private static void normalizer(String term, Normalizer normalizer) {
    pairwise("normalizer " + term, SCALED.normalizedBy(normalizer));
  }

  private static void mechanisms() {
    OptionalDouble scale = OptionalDouble.empty();
    mechanism(
        "linear transformer",
        new Mechanism.Linearized(new FeatureMap.EluPlusOne(), Scope.causal()));
    mechanism(
        "performer",
        new Mechanism.Linearized(FeatureMap.FavorPlus.draw(4, 4, 1, true, false), Scope.causal()));
    mechanism("recurrent", new Mechanism.Recurrent(true, true, scale));
    mechanism(
        "linformer",
        new Mechanism.LowRank(Tensor.allocate(2, 4), Tensor.allocate(2, 4), scale, Scope.full()));
    mechanism("nystromformer", new Mechanism.Landmark(2, 0, scale));
    mechanism("nystromformer, iterated inverse", new Mechanism.Landmark(2, 6, scale));
    mechanism("hyena", new Mechanism.LongConvolution(Tensor.allocate(2, 4, 4)));
    mechanism("ntm addressing", new Mechanism.NtmAddressing());
    mechanism("nearest keys", new Mechanism.NearestKeys(2, Tensor.allocate(2), scale));
    mechanism("memory network", new Mechanism.MultiHop(Scope.full()));
    mechanism(
        "memory network of words",
        new Mechanism.WordMemory(
            1, Tensor.allocate(2, 4, 4), Optional.empty(), Optional.empty(), false));
    mechanism(
        "product keys",
        new Mechanism.ProductKeys(
            1, Tensor.allocate(2, 2, 2), Tensor.allocate(2, 2, 2), Tensor.allocate(4, 4)));
  }

  private static void mechanism(String term, Mechanism mechanism) {
    REQUESTS.put("mechanism " + term, Request.of(mechanism));
  }

  private static void captures() {
    capture("weights", Capture.WEIGHTS);
    capture("log-sum-exp", Capture.LOG_SUM_EXP);
    capture("top-k", new Capture.TopK(2));
    capture("pooled", new Capture.Pooled(2, 2));
  }

  private static void capture(String term, Capture capture) {
    REQUESTS.put("capture " + term, Request.of(SCALED).capture(capture));
  }

  private static void pairwise(String term, Pairwise mechanism) {
    REQUESTS.put(term, Request.of(mechanism));
  }
}
