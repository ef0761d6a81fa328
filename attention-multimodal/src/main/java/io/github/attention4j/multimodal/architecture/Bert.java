package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.network.Activation;
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
  static final String IDS = TokenInputs.IDS;
  static final String MASK = TokenInputs.MASK;
  static final String TYPES = "token_type_ids";
  static final String POSITIONS = TokenInputs.POSITIONS;

  /** BERT itself. */
  static final Bert BERT = new Bert("bert", "bert.", false);

  /**
   * RoBERTa, Liu et al. 2019 (arXiv:1907.11692): positions are counted from behind that of padding.
   * The published code counts tokens only, which is the same where padding stands behind; for
   * padding before, give the positions.
   */
  static final Bert ROBERTA = new Bert("roberta", "roberta.", true);

  /** RoBERTa of many languages, Conneau et al. 2020 (arXiv:1911.02116). */
  static final Bert XLM_ROBERTA = new Bert("xlm-roberta", "roberta.", true);

  private final String modelType;
  private final String base;
  private final boolean behindPadding;

  private Bert(String modelType, String base, boolean behindPadding) {
    this.modelType = modelType;
    this.base = base;
    this.behindPadding = behindPadding;
  }

  @Override
  public String modelType() {
    return modelType;
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
    ModelGraph graph = new ModelGraph(modelType, weights);
    String prefix = weights.hasUnder(base) ? base : "";
    TokenInputs inputs = TokenInputs.declare(graph, given, "length");
    Optional<String> types = graph.idsIfGiven(given, TYPES, ModelGraph.BATCH, "length");
    String words = prefix + "embeddings";
    weights.ignore(words + ".position_ids");
    int first = behindPadding ? config.integer("pad_token_id", 1) + 1 : 0;
    String x = blocks.embeddings(graph, config, words, IDS, types, inputs.positions(), first);
    int layers = config.positive("num_hidden_layers", 12);
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
              inputs.mask(),
              causal);
    }
    graph.output("hidden_states." + layers, x);
    graph.output("last_hidden_state", x);
    heads(config, graph, blocks, prefix, x);
    return graph.build();
  }

  /**
   * The results behind the last layer that the checkpoint has parameters for.
   *
   * @param prefix of the parameters of the stack, such as {@code bert.}
   */
  static void heads(Config config, ModelGraph graph, BertBlocks blocks, String prefix, String x) {
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
    robertaHeads(config, graph, blocks, prefix, x);
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

  /** The heads that RoBERTa's checkpoints name otherwise. */
  private static void robertaHeads(
      Config config, ModelGraph graph, BertBlocks blocks, String prefix, String x) {
    Weights weights = graph.weights();
    int size = blocks.size();
    if (weights.has("lm_head.dense.weight")) {
      String y = graph.linear("lm_head.dense", x, size, size);
      y = graph.activate("lm_head.act", Activation.GELU, y);
      y = graph.layerNorm("lm_head.layer_norm", y, size, blocks.epsilon());
      graph.output(
          "logits",
          blocks.words(graph, config, "lm_head", prefix + "embeddings.word_embeddings", y));
    }
    if (weights.has("classifier.dense.weight") && weights.has("classifier.out_proj.weight")) {
      int labels = weights.shape("classifier.out_proj.weight").intSize(0);
      String pooled = blocks.pooler(graph, "classifier", x);
      graph.output("logits", graph.linear("classifier.out_proj", pooled, size, labels));
    }
  }
}
