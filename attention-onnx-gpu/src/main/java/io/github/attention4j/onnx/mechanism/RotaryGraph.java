package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Score;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import java.util.ArrayList;
import java.util.List;

/// Rotation of vectors by their positions; formulas stand at [Score.Rotary]. Angles are computed in
/// float64, cosines as shifted sines because not every runtime has a float64 cosine.
public final class RotaryGraph {
  private final Graph graph;
  private final Score.Rotary score;
  private final Value queryPositions;
  private final Value keyPositions;

  private RotaryGraph(Graph graph, Score.Rotary score, Value queryPositions, Value keyPositions) {
    this.graph = graph;
    this.score = score;
    this.queryPositions = queryPositions;
    this.keyPositions = keyPositions;
  }

  static RotaryGraph of(Graph graph, Sources sources, Score.Rotary score, Positions positions) {
    if (score.positions().isPresent()) {
      Value given = sources.longs(score.positions().get(), "batch", "length").unsqueeze(1, 3);
      return new RotaryGraph(graph, score, given, given);
    }
    return new RotaryGraph(graph, score, positions.query(), positions.key().transpose(0, 1, 3, 2));
  }

  Value query(Value vectors) {
    return graph.stage("score/rotate_query", doc(), () -> rotate(vectors, queryPositions));
  }

  Value key(Value vectors) {
    return graph.stage("score/rotate_key", doc(), () -> rotate(vectors, keyPositions));
  }

  private static String doc() {
    return "pairs turned by p base^(-2t/size); Su et al. 2021 (arXiv:2104.09864), eq. 34";
  }

  private Value rotate(Value vectors, Value positions) {
    int pairs = score.size() / 2;
    double[] frequencies = new double[pairs];
    for (int t = 0; t < pairs; t++) {
      frequencies[t] = Math.pow(score.base(), -2.0 * t / score.size());
    }
    Value frequency =
        graph.constant(Type.DOUBLE, Type.DOUBLE.encode(frequencies), "rotary_frequencies", pairs);
    Value angle = positions.cast(Type.DOUBLE).times(frequency);
    Value cos = angle.plus(Math.PI / 2).sin().cast(vectors.type());
    Value sin = angle.sin().cast(vectors.type());
    return rotate(vectors, cos, sin, score.size(), score.interleaved());
  }

  /// Turns the pairs of the leading `size` elements of the last axis, of rank 4.
  public static Value rotate(Value vectors, Value cos, Value sin, int size, boolean interleaved) {
    Value a = interleaved ? every(vectors, 0, size) : vectors.slice(3, 0, size / 2);
    Value b = interleaved ? every(vectors, 1, size) : vectors.slice(3, size / 2, size);
    Value first = a.times(cos).minus(b.times(sin));
    Value second = a.times(sin).plus(b.times(cos));
    List<Value> parts = new ArrayList<>();
    if (interleaved) {
      Value pairs = Value.concat(4, first.unsqueeze(4), second.unsqueeze(4));
      parts.add(pairs.reshape(Value.concat(0, pairs.sizes(0, 3), vectors.graph().vector(size))));
    } else {
      parts.add(first);
      parts.add(second);
    }
    parts.add(vectors.slice(3, size, Long.MAX_VALUE));
    return Value.concat(3, parts.toArray(Value[]::new));
  }

  private static Value every(Value vectors, int first, int size) {
    return vectors.slice(3, vectors.graph().vector(first), vectors.graph().vector(size), 2);
  }
}
