package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Longformer: every token looks at a window and at the global tokens; global tokens look at all,
/// with projections of their own.
///
/// A layer is the sum of two attentions, each 0 in the rows of the other: `attentions.L` of all
/// other tokens and `global_attentions.L` of the global ones. The maps are over all tokens, not cut
/// to the window as the published code returns them.
///
/// Source: Beltagy, Peters, Cohan 2020 (arXiv:2004.05150); names as `LongformerModel` and
/// `LongformerFor…`. A whole number of windows is not needed, so nothing is padded to one.
final class Longformer implements Architecture {
  private static final String GLOBAL = "global_attention_mask";
  private static final MultiHead.Names OF_GLOBAL =
      new MultiHead.Names(
          "self.query_global",
          "self.key_global",
          "self.value_global",
          "output.dense",
          true,
          true,
          true);

  @Override
  public String modelType() {
    return "longformer";
  }

  @Override
  public List<Input> inputs(Config config) {
    List<Input> all = new ArrayList<>(TokenInputs.described());
    all.add(new Input(GLOBAL, false, "int64 [batch, length]: 1 for global tokens, none if absent"));
    return all;
  }

  @Override
  public Network network(Config config, Weights weights, Set<String> given) {
    if (!given.contains(GLOBAL)
        && (weights.has("classifier.dense.weight") || weights.has("qa_outputs.weight"))) {
      throw new IllegalArgumentException(
          "input "
              + GLOBAL
              + ": expected it for classification (published: the first token) and question"
              + " answering (the question), got "
              + given);
    }
    BertBlocks blocks = BertBlocks.read(config);
    int layers = config.positive("num_hidden_layers", 12);
    List<Integer> windows = windows(config, layers);
    ModelGraph graph = new ModelGraph(modelType(), weights);
    String prefix = weights.hasUnder("longformer.") ? "longformer." : "";
    TokenInputs inputs = TokenInputs.declare(graph, given, "length");
    Optional<String> global =
        graph
            .idsIfGiven(given, GLOBAL, ModelGraph.BATCH, "length")
            .map(marks -> graph.layer(GLOBAL + ".tokens", new Layer.Differs(0), marks));
    String words = prefix + "embeddings";
    weights.ignore(words + ".position_ids");
    int first = config.integer("pad_token_id", 1) + 1;
    String x =
        blocks.embeddings(
            graph, config, words, TokenInputs.IDS, Optional.empty(), inputs.positions(), first);
    for (int layer = 0; layer < layers; layer++) {
      graph.output("hidden_states." + layer, x);
      String parameter = prefix + "encoder.layer." + layer;
      String seen =
          attention(
              graph,
              blocks,
              layer,
              windows.get(layer) / 2,
              parameter + ".attention",
              x,
              inputs.mask(),
              global);
      x = blocks.feedForward(graph, parameter + ".intermediate", parameter + ".output", seen);
    }
    graph.output("hidden_states." + layers, x);
    graph.output("last_hidden_state", x);
    Bert.heads(config, graph, blocks, prefix, x);
    return graph.build();
  }

  private static String attention(
      ModelGraph graph,
      BertBlocks blocks,
      int layer,
      int oneSided,
      String parameter,
      String x,
      Optional<String> mask,
      Optional<String> global) {
    String name = "attentions." + layer;
    Scope window = Scope.window(oneSided, oneSided);
    Scope ofGlobal = new Scope.GlobalQueries(Inputs.GLOBAL);
    Scope local =
        global.isEmpty()
            ? window
            : window.or(new Scope.GlobalKeys(Inputs.GLOBAL)).and(ofGlobal.not());
    MapLabel label = new MapLabel(MapLabel.Kind.ENCODER, layer);
    String seen =
        look(graph, blocks, name, label, MultiHead.Names.BERT, local, parameter, x, mask, global);
    if (global.isPresent()) {
      label = new MapLabel(MapLabel.Kind.GLOBAL, layer);
      String all = "global_" + name;
      String ofAll =
          look(graph, blocks, all, label, OF_GLOBAL, ofGlobal, parameter, x, mask, global);
      seen = graph.add(name + ".both", seen, ofAll);
    } else {
      // Read only where a run has global tokens.
      for (String projection : List.of("query", "key", "value")) {
        graph.weights().ignore(parameter + ".self." + projection + "_global.weight");
        graph.weights().ignore(parameter + ".self." + projection + "_global.bias");
      }
    }
    int size = blocks.size();
    String output =
        graph.linear(name + ".output", parameter + ".output.dense", seen, size, size, true);
    return graph.layerNorm(
        parameter + ".output.LayerNorm",
        graph.add(name + ".sum", x, output),
        size,
        blocks.epsilon());
  }

  /// One of the two attentions, not yet projected back.
  private static String look(
      ModelGraph graph,
      BertBlocks blocks,
      String map,
      MapLabel label,
      MultiHead.Names names,
      Scope scope,
      String parameter,
      String x,
      Optional<String> mask,
      Optional<String> global) {
    int size = blocks.size();
    List<String> from = new ArrayList<>();
    List<String> projections = List.of(names.query(), names.key(), names.value());
    List<String> nodes = List.of(".query", ".key", ".value");
    for (int p = 0; p < 3; p++) {
      from.add(
          graph.linear(
              map + nodes.get(p), parameter + "." + projections.get(p), x, size, size, true));
    }
    List<String> extras = new ArrayList<>();
    global.ifPresent(tokens -> {
      extras.add(Inputs.GLOBAL);
      from.add(tokens);
    });
    mask.ifPresent(keys -> {
      extras.add(Inputs.MASK);
      from.add(keys);
    });
    Scope seen = mask.isEmpty() ? scope : scope.and(Scope.mask());
    return graph.layer(
        map,
        new Layer.Attend(
            blocks.heads(),
            blocks.heads(),
            Pairwise.of(Score.scaledDot()).within(seen),
            extras,
            label),
        from.toArray(String[]::new));
  }

  /// The whole window of each layer: one number for all, or one for each.
  private static List<Integer> windows(Config config, int layers) {
    List<Integer> windows = new ArrayList<>();
    if (config.isArray("attention_window")) {
      windows.addAll(config.integers("attention_window"));
    } else {
      int all = config.positive("attention_window", 512);
      for (int layer = 0; layer < layers; layer++) {
        windows.add(all);
      }
    }
    if (windows.size() != layers) {
      throw config.refuse("attention_window", "one for each of " + layers + " layers");
    }
    if (windows.stream().anyMatch(window -> window < 2 || window % 2 != 0)) {
      throw config.refuse("attention_window", "even numbers above 0");
    }
    return windows;
  }
}
