package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.multimodal.checkpoint.Config;
import java.util.Optional;

/// The parts BERT and LXMERT share: a norm after the residual sum of every sublayer.
///
/// @param size channels
/// @param heads of every attention
/// @param inner channels of the feed-forward layers
/// @param activation of the feed-forward layers
/// @param epsilon of the norms
record BertBlocks(int size, int heads, int inner, Activation activation, double epsilon) {
  static BertBlocks read(Config config) {
    int size = config.positive("hidden_size", 768);
    int heads = config.positive("num_attention_heads", 12);
    if (size % heads != 0) {
      throw config.refuse("num_attention_heads", "a divisor of hidden_size " + size);
    }
    return new BertBlocks(
        size,
        heads,
        config.positive("intermediate_size", 3072),
        Activations.read(config, "hidden_act", "gelu"),
        config.number("layer_norm_eps", 1e-12));
  }

  /// Word, position and type vectors, normed.
  ///
  /// @param prefix of the parameters, such as `bert.embeddings`
  /// @param types the input of token types; all 0 where there is none
  /// @param positions the input of positions; `first`, `first + 1` … where there is none
  /// @param first the position of the first token
  String embeddings(
      ModelGraph graph,
      Config config,
      String prefix,
      String ids,
      Optional<String> types,
      Optional<String> positions,
      int first) {
    int typeCount = config.integer("type_vocab_size", 2);
    int longest = config.positive("max_position_embeddings", 512);
    String x =
        graph.embedding(
            prefix + ".word_embeddings", ids, config.positive("vocab_size", 30522), size, 1);
    String type = prefix + ".token_type_embeddings";
    x =
        types.isPresent()
            ? graph.add(type + ".sum", x, graph.embedding(type, types.get(), typeCount, size, 1))
            : graph.layer(
                type + ".sum",
                new Layer.AddConstant(
                    Rows.slice(graph.weights().tensor(type + ".weight", typeCount, size), 0, 1)
                        .reshape(size)),
                x);
    String position = prefix + ".position_embeddings";
    x =
        positions.isPresent()
            ? graph.add(
                position + ".sum", x, graph.embedding(position, positions.get(), longest, size, 1))
            : graph.layer(
                position + ".sum",
                new Layer.AddPositions(
                    graph.weights().tensor(position + ".weight", longest, size), first),
                x);
    return graph.layerNorm(prefix + ".LayerNorm", x, size, epsilon);
  }

  /// $\text{norm}(x + \text{attention}(x))$ under `parameter.self` and `parameter.output`.
  String selfAttention(
      ModelGraph graph,
      String map,
      MapLabel label,
      String parameter,
      String x,
      Optional<String> mask,
      boolean causal) {
    MultiHead all = MultiHead.of(heads, size, MultiHead.Names.BERT);
    String seen = (causal ? all.causal() : all).apply(graph, map, label, parameter, x, x, mask);
    return graph.layerNorm(
        parameter + ".output.LayerNorm", graph.add(map + ".sum", x, seen), size, epsilon);
  }

  /// $\text{norm}(x + W_2\, f(W_1 x))$.
  ///
  /// @param inside the name of $W_1$, such as `layer.0.intermediate`
  /// @param output of $W_2$ and the norm, such as `layer.0.output`
  String feedForward(ModelGraph graph, String inside, String output, String x) {
    String y = graph.linear(inside + ".dense", x, size, inner);
    y =
        graph.linear(
            output + ".dense", graph.activate(inside + ".act", activation, y), inner, size);
    return graph.layerNorm(output + ".LayerNorm", graph.add(output + ".sum", x, y), size, epsilon);
  }

  /// A whole layer under `parameter.attention`, `.intermediate` and `.output`.
  String layer(
      ModelGraph graph,
      String map,
      MapLabel label,
      String parameter,
      String x,
      Optional<String> mask,
      boolean causal) {
    String y = selfAttention(graph, map, label, parameter + ".attention", x, mask, causal);
    return feedForward(graph, parameter + ".intermediate", parameter + ".output", y);
  }

  /// $\tanh(W x_0 + b)$ of the first position.
  String pooler(ModelGraph graph, String parameter, String x) {
    String first = graph.layer(parameter + ".first", new Layer.Position(0), x);
    return graph.activate(
        parameter + ".tanh",
        Activation.TANH,
        graph.linear(parameter + ".dense", first, size, size));
  }

  /// Scores of every word: a transform, then the word vectors (or a matrix of its own) and a bias.
  ///
  /// @param parameter such as `cls.predictions`
  /// @param words the tied table
  String predictions(ModelGraph graph, Config config, String parameter, String words, String x) {
    String transform = parameter + ".transform";
    String y = graph.linear(transform + ".dense", x, size, size);
    y = graph.activate(transform + ".act", activation, y);
    y = graph.layerNorm(transform + ".LayerNorm", y, size, epsilon);
    return words(graph, config, parameter, words, y);
  }

  /// Scores of every word by the word vectors (or a matrix of its own, `parameter.decoder`) and a
  /// bias.
  String words(ModelGraph graph, Config config, String parameter, String words, String y) {
    int vocabulary = config.positive("vocab_size", 30522);
    String decoder = parameter + ".decoder";
    boolean tied = config.flag("tie_word_embeddings", true);
    graph.weights().ignore(decoder + ".weight");
    graph.weights().ignore(decoder + ".bias");
    String matrix = tied || !graph.weights().has(decoder + ".weight") ? words : decoder;
    String bias =
        graph.weights().has(parameter + ".bias") ? parameter + ".bias" : decoder + ".bias";
    return graph.layer(
        decoder,
        new Layer.Linear(
            graph.weights().tensor(matrix + ".weight", vocabulary, size),
            Optional.of(graph.weights().tensor(bias, vocabulary))),
        y);
  }
}
