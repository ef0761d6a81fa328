package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.graph.Axis;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.mechanism.Control.Ranked;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The memory networks [Mechanism.MultiHop] and [Mechanism.WordMemory].
public final class HopGraph {
  private HopGraph() {}

  /// A scan over the hops, whose number is a size of the inputs.
  static Outputs write(
      Graph graph, Sources sources, Mechanism.MultiHop mechanism, Set<Capture> captures) {
    Value query = sources.real(Inputs.QUERY, "batch", "size");
    Value key = sources.real("memory_key", "hops", "batch", "memories", "size");
    Value value = sources.real("memory_value", "hops", "batch", "memories", "size");
    Positions positions = new Positions(Placement.start(), sources, graph.vector(1), key.size(2));
    @Nullable Value valid = new ScopeGraph(graph, sources, positions).allowed(mechanism.scope());
    @Nullable Value open = valid == null ? null : valid.squeeze(1, 2);
    Value known = valid == null ? value : valid.transpose(0, 1, 3, 2).squeeze(1).choose(value, 0);
    List<Value> results =
        graph.stage(
            "hops",
            "p = softmax(u m), u <- u + sum p c",
            () ->
                Control.scan(
                    graph,
                    List.of(new Ranked(query, 2)),
                    List.of(new Ranked(key, 4), new Ranked(known, 4)),
                    false,
                    (states, elements) -> {
                      Value u = states.getFirst();
                      Value p = read(u, elements.get(0), open);
                      Value next = u.plus(sum(p, elements.get(1)));
                      return List.of(next, p, next);
                    }));
    Outputs outputs = new Outputs();
    outputs.add(Result.OUTPUT, results.get(0), "batch", "size");
    if (captures.contains(Capture.WEIGHTS)) {
      outputs.add(Result.WEIGHTS, results.get(1), "hops", "batch", "memories");
    }
    if (captures.contains(Capture.STAGES)) {
      outputs.add(
          "states",
          Value.concat(0, query.unsqueeze(0), results.get(2)),
          new Axis.PlusOne("hops"),
          new Axis.Named("batch"),
          new Axis.Named("size"));
    }
    return outputs;
  }

  private static Value read(Value u, Value memories, @Nullable Value open) {
    Value scores = memories.matmul(u.unsqueeze(2)).squeeze(2);
    return open == null
        ? scores.softmax(-1)
        : SoftmaxGraph.weights(open.choose(scores, Double.NEGATIVE_INFINITY), true);
  }

  private static Value sum(Value weights, Value values) {
    return weights.unsqueeze(1).matmul(values).squeeze(1);
  }

  /// Hops are as many as the description says, one after the other in the graph.
  static Outputs write(
      Graph graph, Sources sources, Mechanism.WordMemory mechanism, Set<Capture> captures) {
    Value story = sources.longs("story", "batch", "sentences", "words");
    Value question = sources.longs("question", "batch", "question_words");
    Words words = new Words(graph, mechanism);
    boolean adjacent = mechanism.transition().isEmpty();
    Value u = graph.stage("question", () -> words.embed(0, question));
    List<Value> states = new ArrayList<>(List.of(u));
    List<Value> weights = new ArrayList<>();
    for (int hop = 0; hop < mechanism.hops(); hop++) {
      int table = adjacent ? hop : 0;
      Value state = u;
      List<Value> results =
          graph.stage(
              "hop_" + (hop + 1),
              "p = softmax(u m), u <- u + sum p c",
              () -> {
                Value p = read(state, words.memories(table, story), null);
                Value o = sum(p, words.memories(table + 1, story));
                Value turned =
                    mechanism
                        .transition()
                        .map(h -> state.matmul(graph.parameter("transition", h).transpose(1, 0)))
                        .orElse(state);
                return List.of(p, turned.plus(o));
              });
      weights.add(results.get(0).unsqueeze(0));
      u = results.get(1);
      states.add(u);
    }
    String size = Long.toString(mechanism.embeddings().shape().size(2));
    Outputs outputs = new Outputs();
    outputs.add(Result.OUTPUT, u, "batch", size);
    if (captures.contains(Capture.WEIGHTS)) {
      outputs.add(
          Result.WEIGHTS,
          Value.concat(0, weights.toArray(Value[]::new)),
          Integer.toString(mechanism.hops()),
          "batch",
          "sentences");
    }
    if (captures.contains(Capture.STAGES)) {
      outputs.add(
          "states",
          Value.concat(0, states.stream().map(each -> each.unsqueeze(0)).toArray(Value[]::new)),
          Integer.toString(mechanism.hops() + 1),
          "batch",
          size);
    }
    if (adjacent) {
      Value last = u;
      outputs.add(
          "answer",
          graph.stage(
              "answer",
              "softmax(W u)",
              () -> last.matmul(words.table(mechanism.hops()).transpose(1, 0)).softmax(-1)),
          "batch",
          Long.toString(mechanism.embeddings().shape().size(1)));
    }
    return outputs;
  }

  /// Words as vectors, sentences as sums of them.
  private record Words(Graph graph, Mechanism.WordMemory mechanism) {
    Value table(int number) {
      return graph
          .parameter("embeddings", mechanism.embeddings())
          .gather(graph.scalar((long) number), 0);
    }

    /// The sum over the last axis of the words that are no padding.
    Value embed(int number, Value ids) {
      Value there = ids.same(0).not();
      Value vectors = table(number).gather(ids, 0);
      Value weighted = mechanism.positionEncoding() ? vectors.times(encoding(ids, there)) : vectors;
      return there.unsqueeze(-1).choose(weighted, 0).sum(-2).squeeze(-2);
    }

    /// $l_{je} = (1 - j/J) - (e/d)(1 - 2j/J)$.
    private Value encoding(Value ids, Value there) {
      long size = mechanism.embeddings().shape().size(2);
      double[] shares = new double[(int) size];
      for (int e = 0; e < size; e++) {
        shares[e] = (e + 1.0) / size;
      }
      Value share =
          graph.constant(graph.real(), graph.real().encode(shares), "element_shares", size);
      Value count = there.cast(graph.real()).sum(-1).max(1);
      Value place = ids.length(-1).range().plus(1).cast(graph.real()).over(count).unsqueeze(-1);
      Value early = place.negate().plus(1);
      return early.minus(share.times(place.times(-2).plus(1)));
    }

    Value memories(int number, Value story) {
      Value sums = embed(number, story);
      return mechanism
          .temporal()
          .map(temporal -> sums.plus(rows(temporal, number, sums)))
          .orElse(sums);
    }

    private Value rows(Tensor temporal, int number, Value sums) {
      return graph
          .parameter("temporal", temporal)
          .gather(graph.scalar((long) number), 0)
          .gather(sums.length(1).range(), 0);
    }
  }

  /// Refuses words outside the vocabulary, which ONNX would count from the end.
  public static void checkWords(Mechanism.WordMemory mechanism, String name, LongTensor ids) {
    long words = mechanism.embeddings().shape().size(1);
    for (long i = 0; i < ids.shape().elements(); i++) {
      if (ids.at(i) < 0 || ids.at(i) >= words) {
        throw new IllegalArgumentException(
            name + ": expected words 0 to " + (words - 1) + ", got " + ids.at(i));
      }
    }
  }
}
