package io.github.attention4j.multimodal.clip;

import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import java.util.ArrayList;
import java.util.List;

/// The image embedding taken apart: what each head of each layer adds to it by looking from the
/// class token at each position.
///
/// The class token that the tower is read at is a sum, $x_L = x_0 + \sum_l (\text{attention}_l +
/// \text{mlp}_l)$, and an attention layer adds $\sum_h \sum_i a^{lh}_i W_O^{lh} v^{lh}_i$ plus a
/// bias, $a^{lh}_i$ being the class token's weight on position $i$. With the deviation $\sigma$ of
/// the last norm held as it is, everything behind is linear, so a caption's logit $s \langle t,
/// e\rangle / \lVert e \rVert$ is the sum of such contributions and of what layers of other kinds
/// add:
///
/// $c^{lh}_i = a^{lh}_i \langle v^{lh}_i, {W_O^{lh}}^\top g \rangle$, $g = \frac{s}{\sigma \lVert e
/// \rVert} (I - \frac{1}{n} 1 1^\top) (w \circ P^\top t)$.
///
/// Exact, without gradients; what it leaves out is how positions change each other in earlier
/// layers before they are looked at.
///
/// Source: Gandelsman, Efros & Steinhardt 2024, "Interpreting CLIP's Image Representation via
/// Text-Based Decomposition" (arXiv:2310.05916), section 3.
public final class DirectContributions {
  /** Nodes of the network. */
  static final String MAP = "vision_attentions.";

  static final String VALUE = ".value";

  private final Layer.LayerNorm norm;
  private final Tensor projection;
  private final List<Attended> layers;
  private final float[] last;

  /**
   * One attention layer.
   *
   * @param weights of the class token, {@code [heads, positions]}
   * @param values {@code [positions, channels]}
   * @param output back to the width of the tower
   */
  private record Attended(Tensor weights, Tensor values, Layer.Linear output) {}

  private DirectContributions(
      Layer.LayerNorm norm, Tensor projection, List<Attended> layers, float[] last) {
    this.norm = norm;
    this.projection = projection;
    this.layers = layers;
    this.last = last;
  }

  /**
   * Keeps what is needed of a run with one picture.
   *
   * @param result with the maps and the values of all layers
   */
  static DirectContributions of(Network network, Result result) {
    List<Attended> layers = new ArrayList<>();
    for (String map : network.attentionNodes()) {
      layers.add(
          new Attended(
              classRows(result.tensor(map)),
              result.tensor(map + VALUE),
              (Layer.Linear) network.node(map + ".output").layer()));
    }
    Tensor states = result.tensor("vision_last_hidden_state");
    float[] last = new float[states.shape().intSize(2)];
    for (int c = 0; c < last.length; c++) {
      last[c] = states.at(c);
    }
    return new DirectContributions(
        (Layer.LayerNorm) network.node("vision_model.post_layernorm").layer(),
        ((Layer.Linear) network.node("visual_projection").layer()).weight(),
        layers,
        last);
  }

  private static Tensor classRows(Tensor map) {
    int heads = map.shape().intSize(1);
    int length = map.shape().intSize(2);
    Tensor rows = Tensor.allocate(heads, length);
    for (int head = 0; head < heads; head++) {
      for (int key = 0; key < length; key++) {
        rows.set((long) head * length + key, map.at((long) head * length * length + key));
      }
    }
    return rows;
  }

  /// What every position adds to the logits of captions.
  ///
  /// @param embeds of the captions, `[captions, projection]`, of length 1
  /// @param scale the factor of the cosine
  /// @return `[captions, layers, heads, positions]`
  Tensor toLogits(Tensor embeds, double scale) {
    int captions = embeds.shape().intSize(0);
    int heads = layers.getFirst().weights().shape().intSize(0);
    int length = layers.getFirst().weights().shape().intSize(1);
    Tensor all = Tensor.allocate(captions, layers.size(), heads, length);
    long at = 0;
    for (int caption = 0; caption < captions; caption++) {
      double[] direction = direction(embeds, caption, scale);
      for (Attended layer : layers) {
        double[] read = transposedTimes(layer.output().weight(), direction);
        int headSize = read.length / heads;
        for (int head = 0; head < heads; head++) {
          for (int i = 0; i < length; i++) {
            double value = 0;
            long from = (long) i * read.length + (long) head * headSize;
            for (int c = 0; c < headSize; c++) {
              value += layer.values().at(from + c) * read[head * headSize + c];
            }
            double weight = layer.weights().at((long) head * length + i);
            all.set(at++, (float) (weight * value));
          }
        }
      }
    }
    return all;
  }

  /** $g$: what the class token's channels before the last norm are worth to a caption. */
  double[] direction(Tensor embeds, int caption, double scale) {
    int size = last.length;
    double mean = 0;
    for (float value : last) {
      mean += value / size;
    }
    double variance = 0;
    for (float value : last) {
      variance += (value - mean) * (value - mean) / size;
    }
    double deviation = Math.sqrt(variance + norm.epsilon());
    double[] normed = new double[size];
    for (int c = 0; c < size; c++) {
      normed[c] = (last[c] - mean) / deviation * norm.weight().at(c) + norm.bias().at(c);
    }
    int features = projection.shape().intSize(0);
    double[] text = new double[features];
    double squares = 0;
    for (int f = 0; f < features; f++) {
      text[f] = embeds.at((long) caption * features + f);
      double projected = 0;
      for (int c = 0; c < size; c++) {
        projected += projection.at((long) f * size + c) * normed[c];
      }
      squares += projected * projected;
    }
    double[] direction = transposedTimes(projection, text);
    double centre = 0;
    for (int c = 0; c < size; c++) {
      direction[c] *= norm.weight().at(c) * scale / (deviation * Math.sqrt(squares));
      centre += direction[c] / size;
    }
    for (int c = 0; c < size; c++) {
      direction[c] -= centre;
    }
    return direction;
  }

  /** $M^\top x$. */
  private static double[] transposedTimes(Tensor matrix, double[] x) {
    int columns = matrix.shape().intSize(1);
    double[] product = new double[columns];
    for (int r = 0; r < x.length; r++) {
      for (int c = 0; c < columns; c++) {
        product[c] += matrix.at((long) r * columns + c) * x[r];
      }
    }
    return product;
  }
}
