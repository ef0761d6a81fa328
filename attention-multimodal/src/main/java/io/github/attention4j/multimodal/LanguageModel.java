package io.github.attention4j.multimodal;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.architecture.Architecture;
import io.github.attention4j.multimodal.architecture.Architectures;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.checkpoint.Config;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A language model whose tokens are single symbols: says what comes next. The embedded one,
/// `induction`, continues sequences that repeat.
public final class LanguageModel implements TextModel {
  private static final String IDS = "input_ids";
  private static final String LOGITS = "logits";
  private static final Set<String> TYPES = Set.of("llama", "gpt2");

  private final String name;
  private final int positions;
  private final SymbolTokenizer tokenizer;
  private final Network network;
  private final Program program;

  private LanguageModel(
      String name, int positions, SymbolTokenizer tokenizer, Network network, Program program) {
    this.name = name;
    this.positions = positions;
    this.tokenizer = tokenizer;
    this.network = network;
    this.program = program;
  }

  /// A causal language model with a `tokenizer.json` of single symbols.
  ///
  /// @param name what to call it
  public static LanguageModel load(String name, Checkpoint checkpoint, Execution execution)
      throws IOException {
    Config config = checkpoint.config();
    if (!TYPES.contains(config.text("model_type", ""))) {
      throw config.refuse(
          "model_type",
          "a model that reads texts of single symbols, one of "
              + new java.util.TreeSet<>(TYPES)
              + " (others run on given tensors)");
    }
    SymbolTokenizer tokenizer = SymbolTokenizer.load(checkpoint);
    if (tokenizer.size() > config.positive("vocab_size")) {
      throw config.refuse("vocab_size", "at least the " + tokenizer.size() + " tokens there are");
    }
    Architecture architecture = Architectures.of(config);
    Network network = architecture.network(config, checkpoint.weights(), Set.of(IDS));
    if (!network.outputs().containsKey(LOGITS)) {
      throw new IllegalArgumentException(
          checkpoint.source() + ": expected a model with a language head, it has none");
    }
    Program program = execution.compile(network, new LinkedHashSet<>(network.attentionNodes()));
    int positions = config.integer("max_position_embeddings", config.integer("n_positions", 1024));
    return new LanguageModel(name, positions, tokenizer, network, program);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String device() {
    return program.device();
  }

  @Override
  public List<Network> networks() {
    return List.of(network);
  }

  @Override
  public Explanation explain(String text) {
    List<Long> ids = tokenizer.encode(text);
    if (ids.size() == tokenizer.special()) {
      throw new IllegalArgumentException("text: expected at least one symbol, got an empty text");
    }
    if (ids.size() > positions) {
      throw new IllegalArgumentException(
          "text: expected at most "
              + (positions - tokenizer.special())
              + " symbols, got "
              + (ids.size() - tokenizer.special()));
    }
    LongTensor input =
        LongTensor.of(ids.stream().mapToLong(Long::longValue).toArray(), 1, ids.size());
    Result result = program.run(Inputs.none().with(IDS, input));
    Tensor logits = result.tensor(LOGITS);
    int vocabulary = logits.shape().intSize(2);
    long next = best(logits, (long) (ids.size() - 1) * vocabulary);
    TokenTrace maps = new TokenTrace();
    List<String> labels = ids.stream().map(tokenizer::token).toList();
    for (String node : network.attentionNodes()) {
      maps.add(network, node, List.of(result.tensor(node)), labels, labels);
    }
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("model", name);
    facts.put("text", text);
    facts.put("prediction", tokenizer.token(next));
    facts.put("device", device());
    return new Explanation(
        text,
        tokenizer.token(next),
        List.of(next),
        tokenizer.unknown(text),
        logits.reshape(ids.size(), vocabulary),
        new AttentionTrace(maps.all(), facts));
  }

  private int best(Tensor logits, long first) {
    int best = 0;
    for (int i = 1; i < tokenizer.size(); i++) {
      if (logits.at(first + i) > logits.at(first + best)) {
        best = i;
      }
    }
    return best;
  }

  @Override
  public void close() {
    program.close();
  }
}
