package io.github.attention4j.viz.example;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.spi.AttentionProvider;
import java.util.List;
import java.util.Set;

/** A provider of one mechanism: softmax attention over all keys. */
public final class ExampleProvider implements AttentionProvider {
  static final String DEVICE = "example (one thread)";

  @Override
  public String id() {
    return "example";
  }

  /** Below the built-in ones: used only by those who name it. */
  @Override
  public int priority() {
    return -1;
  }

  @Override
  public AttentionProvider configure(Settings settings) {
    return this;
  }

  @Override
  public List<String> describe() {
    return List.of(DEVICE);
  }

  @Override
  public List<String> unsupported(Request request) {
    boolean plain =
        request.captures().isEmpty()
            && request.mechanism() instanceof Pairwise pairwise
            && pairwise.score() instanceof Score.ScaledDot
            && pairwise.biases().isEmpty()
            && pairwise.scope() instanceof Scope.Full
            && pairwise.normalizer() instanceof Normalizer.Softmax;
    return plain
        ? List.of()
        : List.of("example: runs only scaled dot products over all keys, and captures nothing");
  }

  @Override
  public Attention prepare(Request request) {
    List<String> reasons = unsupported(request);
    if (!reasons.isEmpty()) {
      throw new UnsupportedRequestException(String.join("; ", reasons));
    }
    Pairwise pairwise = (Pairwise) request.mechanism();
    return new ExampleAttention(request, ((Score.ScaledDot) pairwise.score()).scale());
  }

  @Override
  public List<String> unsupported(Network network) {
    return List.of("example: runs only single mechanisms, no networks");
  }

  @Override
  public Program compile(Network network, Set<String> maps) {
    throw new UnsupportedRequestException(String.join("; ", unsupported(network)));
  }
}
