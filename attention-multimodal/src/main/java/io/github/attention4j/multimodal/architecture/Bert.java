package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// BERT with the heads its checkpoint holds.
///
/// Source: Devlin et al. 2019 (arXiv:1810.04805); names as `BertModel`, `BertForPreTraining`,
/// `BertForMaskedLM`, `BertFor…Classification`, `BertForQuestionAnswering`.
final class Bert implements Architecture {
  static final String IDS = "input_ids";
  static final String MASK = "attention_mask";
  static final String TYPES = "token_type_ids";
  static final String POSITIONS = "position_ids";

  @Override
  public String modelType() {
    return "bert";
  }

  @Override
  public List<Input> inputs(Config config) {
    return List.of(
        new Input(IDS, true, "int64 [batch, length]: tokens"),
        new Input(MASK, false, "int64 [batch, length]: 1 for tokens, 0 for padding"),
        new Input(TYPES, false, "int64 [batch, length]: sentences, all 0 if absent"),
        new Input(POSITIONS, false, "int64 [batch, length]: positions, 0, 1, 2 … if absent"));
  }

  @Override
  public Network network(Config config, Weights weights, Set<String> given) {
    if (!config.text("position_embedding_type", "absolute").equals("absolute")) {
      throw config.refuse("position_embedding_type", "'absolute'");
    }
    if (config.flag("add_cross_attention", false)) {
      throw config.refuse("add_cross_attention", "false");
    }
    BertBlocks blocks = BertBlocks.read(config);
    ModelGraph graph = new ModelGraph("bert", weights);
    String prefix = weights.hasUnder("bert.") ? "bert." : "";
    graph.ids(IDS, ModelGraph.BATCH, "length");
    Optional<String> mask = graph.keyMask(optional(graph, given, MASK), 0);
    Optional<String> types = optional(graph, given, TYPES);
    Optional<String> positions = optional(graph, given, POSITIONS);
    String words = prefix + "embeddings";
    weights.ignore(words + ".position_ids");
    String x = blocks.embeddings(graph, config, words, IDS, types, positions);
    int layers = config.positive("num_hidden_layers");
    boolean causal = config.flag("is_decoder", false);
    for (int layer = 0; layer < layers; layer++) {
      graph.output("hidden_states." + layer, x);
      x =
          blocks.layer(
              graph,
              "attentions." + layer,
              new MapLabel(MapLabel.Kind.ENCODER, layer),
              prefix + "encoder.layer." + layer,
              x,
              mask,
              causal);
    }
    graph.output("hidden_states." + layers, x);
    graph.output("last_hidden_state", x);
    heads(config, graph, blocks, prefix, x);
    return graph.build();
  }

  private static Optional<String> optional(ModelGraph graph, Set<String> given, String input) {
    return given.contains(input)
        ? Optional.of(graph.ids(input, ModelGraph.BATCH, "length"))
        : Optional.empty();
  }

  private static void heads(
      Config config, ModelGraph graph, BertBlocks blocks, String prefix, String x) {
    Weights weights = graph.weights();
    Optional<String> pooled = Optional.empty();
    if (weights.has(prefix + "pooler.dense.weight")) {
      pooled = Optional.of(blocks.pooler(graph, prefix + "pooler", x));
      graph.output("pooler_output", pooled.get());
    }
    boolean both = weights.has("cls.seq_relationship.weight");
    if (weights.hasUnder("cls.predictions.transform.")) {
      graph.output(
          both ? "prediction_logits" : "logits",
          blocks.predictions(
              graph, config, "cls.predictions", prefix + "embeddings.word_embeddings", x));
    }
    if (both && pooled.isPresent()) {
      graph.output(
          weights.hasUnder("cls.predictions.") ? "seq_relationship_logits" : "logits",
          graph.linear("cls.seq_relationship", pooled.get(), blocks.size(), 2));
    }
    if (weights.has("classifier.weight")) {
      int labels = weights.shape("classifier.weight").intSize(0);
      boolean tokens = config.texts("architectures").stream().anyMatch(a -> a.contains("Token"));
      graph.output(
          "logits",
          graph.linear("classifier", tokens ? x : pooled.orElse(x), blocks.size(), labels));
    }
    if (weights.has("qa_outputs.weight")) {
      graph.output("logits", graph.linear("qa_outputs", x, blocks.size(), 2));
    }
  }
}
