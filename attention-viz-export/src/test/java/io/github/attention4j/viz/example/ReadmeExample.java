package io.github.attention4j.viz.example;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;

/** The example of the README, compiled; what stands between the marks stands there too. */
final class ReadmeExample {
  private ReadmeExample() {}

  static Result run(float[] vectors) {
    // README begins
    Tensor x = Tensor.of(vectors, 1, 1, 4, 2); // [batch, heads, length, size]
    Pairwise causal = Pairwise.of(Score.scaledDot()).within(Scope.causal());
    Request request = Request.of(causal).capture(Capture.WEIGHTS);
    try (Attention attention = AttentionProviders.load().select(request).prepare(request)) {
      Result result = attention.run(Inputs.of(x, x, x));
      System.out.println(attention.device()); // cpu (...)
      System.out.println(result.weights().get(0, 0, 0, 1)); // 0.0: no query sees a later key
      return result;
    }
    // README ends
  }
}
