package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;
import java.util.Optional;

/// What ViLBERT's checkpoints put on both streams: words, objects, whether they belong together,
/// and the heads of its tasks that read the fused pooled vectors.
///
/// `vision_logit` is returned for padded regions, too; the published code subtracts 10,000 there.
/// `vil_binary_prediction`, which joins neighbouring samples of a batch, is not built.
record VilbertHeads(
    ModelGraph graph,
    Config config,
    String prefix,
    BertBlocks words,
    BertBlocks regions,
    int bridge) {
  void add(String text, String vision) {
    String pooledText = Vilbert.pooled(graph, prefix + "t_pooler", text, words.size(), bridge);
    String pooledVision =
        Vilbert.pooled(graph, prefix + "v_pooler", vision, regions.size(), bridge);
    graph.output("pooled_output_t", pooledText);
    graph.output("pooled_output_v", pooledVision);
    Weights weights = graph.weights();
    if (weights.hasUnder("cls.predictions.")) {
      graph.output(
          "prediction_scores_t",
          words.predictions(
              graph, config, "cls.predictions", prefix + "embeddings.word_embeddings", text));
    }
    if (weights.hasUnder("cls.imagePredictions.")) {
      graph.output("prediction_scores_v", objects(vision));
    }
    String fused = fused(pooledText, pooledVision);
    if (weights.has("cls.bi_seq_relationship.weight")) {
      graph.output(
          "seq_relationship_score", graph.linear("cls.bi_seq_relationship", fused, bridge, 2));
    }
    classifier("vil_prediction", fused);
    classifier("vil_prediction_gqa", fused);
    linear("vil_logit", fused, bridge);
    linear("vil_tri_prediction", fused, bridge);
    linear("vision_logit", vision, regions.size());
    linear("linguisic_logit", text, words.size());
  }

  private String fused(String pooledText, String pooledVision) {
    return switch (config.text("fusion_method", config.text("pooling_method", "mul"))) {
      case "mul" -> graph.layer("fused", new Layer.Multiply(), pooledText, pooledVision);
      case "sum" -> graph.add("fused", pooledText, pooledVision);
      default -> throw config.refuse("fusion_method", "'mul' or 'sum'");
    };
  }

  /** As published: the activation is the text stream's. */
  private String objects(String vision) {
    String name = "cls.imagePredictions.";
    int size = regions.size();
    String y = graph.linear(name + "transform.dense", vision, size, size);
    y = graph.activate(name + "transform.act", words.activation(), y);
    y = graph.layerNorm(name + "transform.LayerNorm", y, size, regions.epsilon());
    int targets = graph.weights().shape(name + "decoder.weight").intSize(0);
    return graph.linear(name + "decoder", y, size, targets);
  }

  private void linear(String name, String from, int in) {
    if (graph.weights().has(name + ".weight")) {
      int out = graph.weights().shape(name + ".weight").intSize(0);
      graph.output(name, graph.linear(name, from, in, out));
    }
  }

  /** Two layers: newer files with GELU and a norm between, older ones weight-normed with ReLU. */
  private void classifier(String name, String fused) {
    Weights weights = graph.weights();
    int inner = 2 * bridge;
    if (weights.has(name + ".logit_fc.0.weight")) {
      String at = name + ".logit_fc.";
      int out = weights.shape(at + "3.weight").intSize(0);
      String y = graph.linear(at + "0", fused, bridge, inner);
      y = graph.activate(at + "1", Activation.GELU, y);
      y = graph.layerNorm(at + "2", y, inner, 1e-12);
      graph.output(name, graph.linear(at + "3", y, inner, out));
    } else if (weights.has(name + ".main.0.weight_v")) {
      String at = name + ".main.";
      int out = weights.shape(at + "3.weight_v").intSize(0);
      String y = graph.layer(at + "0", normed(at + "0", bridge, inner), fused);
      y = graph.activate(at + "1", Activation.RELU, y);
      graph.output(name, graph.layer(at + "3", normed(at + "3", inner, out), y));
    }
  }

  /** $g\, V / \lVert V \rVert$, one length for the whole matrix (Salimans & Kingma 2016). */
  private Layer.Linear normed(String parameter, int in, int out) {
    Weights weights = graph.weights();
    Tensor direction = weights.tensor(parameter + ".weight_v", out, in);
    Tensor length =
        weights.tensor(parameter + ".weight_g", weights.shape(parameter + ".weight_g").toArray());
    if (length.shape().elements() != 1) {
      throw new IllegalArgumentException(
          parameter + ".weight_g: expected one number, got " + length.describe());
    }
    double squares = 0;
    for (long i = 0; i < direction.shape().elements(); i++) {
      squares += (double) direction.at(i) * direction.at(i);
    }
    Tensor weight = Tensor.allocate(out, in);
    for (long i = 0; i < direction.shape().elements(); i++) {
      weight.set(i, (float) (length.at(0) / Math.sqrt(squares) * direction.at(i)));
    }
    return new Layer.Linear(weight, Optional.of(weights.tensor(parameter + ".bias", out)));
  }
}
