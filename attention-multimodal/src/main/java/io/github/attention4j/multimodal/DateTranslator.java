package io.github.attention4j.multimodal;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.architecture.AnnotatedTransformer;
import io.github.attention4j.multimodal.architecture.EncoderDecoder;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A small encoder-decoder that reads characters and writes characters; the embedded one reads
/// dates and writes ISO 8601.
///
/// Decoding is greedy with a key/value cache ([Program.Session]). In traces, the queries of the
/// decoder's maps are the characters being written, the keys of its self-attention those already
/// there, and of cross-attention the source's.
public final class DateTranslator implements TextModel {
  private static final String VOCABULARY = "vocab.json";

  private final String name;
  private final AnnotatedTransformer model;
  private final CharacterVocabulary vocabulary;
  private final EncoderDecoder networks;
  private final Program encoder;
  private final Program decoder;
  private final Execution execution;

  private DateTranslator(
      String name,
      AnnotatedTransformer model,
      CharacterVocabulary vocabulary,
      EncoderDecoder networks,
      Execution execution) {
    this.name = name;
    this.model = model;
    this.vocabulary = vocabulary;
    this.networks = networks;
    this.execution = execution;
    this.encoder = execution.compile(networks.encoder(), maps(networks.encoder()));
    try {
      this.decoder = execution.compile(networks.decoder(), maps(networks.decoder()));
    } catch (RuntimeException failed) {
      encoder.close();
      throw failed;
    }
  }

  /// A model of this architecture with `vocab.json`.
  ///
  /// @param name what to call it
  public static DateTranslator load(String name, Checkpoint checkpoint, Execution execution)
      throws IOException {
    List<String> tokens = checkpoint.strings(VOCABULARY);
    AnnotatedTransformer model = AnnotatedTransformer.read(checkpoint.config(), tokens.size());
    return new DateTranslator(
        name,
        model,
        new CharacterVocabulary(checkpoint.source() + "/" + VOCABULARY, tokens, model.unknown()),
        model.networks(name, checkpoint.weights()),
        execution);
  }

  private static Set<String> maps(Network network) {
    return new LinkedHashSet<>(network.attentionNodes());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String device() {
    return decoder.device();
  }

  @Override
  public List<Network> networks() {
    return List.of(networks.whole(), networks.encoder(), networks.decoder());
  }

  @Override
  public Explanation explain(String text) {
    List<Long> source = encode(text);
    Decoding decoding = decode(batch(List.of(source)), 1);
    List<Long> ids = decoding.ids.getFirst();
    StringBuilder prediction = new StringBuilder();
    ids.stream().filter(id -> id != model.end()).forEach(id -> prediction.append(token(id)));
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("model", name);
    facts.put("text", text);
    facts.put("prediction", prediction.toString());
    facts.put("device", device());
    return new Explanation(
        text,
        prediction.toString(),
        ids,
        vocabulary.unknown(text),
        decoding.logits(),
        new AttentionTrace(trace(source, decoding), facts));
  }

  /// Decodes a batch greedily.
  ///
  /// @param source right-padded ids, each with the end token: int64 `[batch, source]`
  /// @return for each entry the ids from the begin token to the end token, then padding: int64
  ///   `[batch, steps + 1]`
  public LongTensor greedy(LongTensor source) {
    int batch = source.shape().intSize(0);
    Decoding decoding = decode(source, batch);
    int steps = decoding.steps.size();
    LongTensor ids = LongTensor.allocate(batch, steps + 1);
    for (int b = 0; b < batch; b++) {
      List<Long> written = decoding.ids.get(b);
      ids.set(b * (steps + 1L), model.begin());
      for (int t = 0; t < steps; t++) {
        ids.set(b * (steps + 1L) + t + 1, t < written.size() ? written.get(t) : model.padding());
      }
    }
    return ids;
  }

  /// Runs encoder and decoder on given targets (teacher forcing): `logits` `[batch, target,
  /// vocabulary]` and every attention map.
  ///
  /// @param source right-padded ids
  /// @param target ids from the begin token on
  public Result run(LongTensor source, LongTensor target) {
    try (Program whole = execution.compile(networks.whole(), maps(networks.whole()))) {
      return whole.run(
          Inputs.none()
              .with(AnnotatedTransformer.SOURCE, source)
              .with(AnnotatedTransformer.TARGET, target));
    }
  }

  private List<Long> encode(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException(
          "text: expected at least one character, got an empty text");
    }
    List<Long> ids = vocabulary.encode(text);
    int longest = model.positions() - 1;
    if (ids.size() > longest) {
      throw new IllegalArgumentException(
          "text: expected at most "
              + longest
              + " characters (and one position for the end), got "
              + ids.size());
    }
    ids.add((long) model.end());
    return ids;
  }

  private static LongTensor batch(List<List<Long>> rows) {
    int length = rows.getFirst().size();
    return LongTensor.of(
        rows.stream().flatMap(List::stream).mapToLong(Long::longValue).toArray(),
        rows.size(),
        length);
  }

  /** What one batch wrote: ids and results by step. */
  private static final class Decoding {
    final Result encoded;
    final List<Result> steps = new ArrayList<>();
    final List<List<Long>> ids = new ArrayList<>();

    Decoding(Result encoded, int batch) {
      this.encoded = encoded;
      for (int b = 0; b < batch; b++) {
        ids.add(new ArrayList<>());
      }
    }

    boolean finished(long end) {
      return ids.stream().allMatch(row -> !row.isEmpty() && row.getLast() == end);
    }

    /** The scores of the first entry, `[steps, vocabulary]`. */
    Tensor logits() {
      int size = steps.getFirst().tensor(AnnotatedTransformer.LOGITS).shape().intSize(2);
      Tensor all = Tensor.allocate(steps.size(), size);
      for (int t = 0; t < steps.size(); t++) {
        Tensor step = steps.get(t).tensor(AnnotatedTransformer.LOGITS);
        for (int i = 0; i < size; i++) {
          all.set((long) t * size + i, step.at(i));
        }
      }
      return all;
    }
  }

  private Decoding decode(LongTensor source, int batch) {
    Inputs sources = Inputs.none().with(AnnotatedTransformer.SOURCE, source);
    Decoding decoding = new Decoding(encoder.run(sources), batch);
    Inputs fixed = sources;
    for (String output : networks.encoder().outputs().keySet()) {
      fixed = fixed.with(output, decoding.encoded.get(output));
    }
    try (Program.Session session = decoder.begin()) {
      while (!decoding.finished(model.end()) && decoding.steps.size() < model.positions()) {
        LongTensor next = LongTensor.allocate(batch, 1);
        for (int b = 0; b < batch; b++) {
          List<Long> row = decoding.ids.get(b);
          next.set(b, row.isEmpty() ? model.begin() : row.getLast());
        }
        Result step = session.step(fixed.with(AnnotatedTransformer.TARGET, next));
        decoding.steps.add(step);
        Tensor logits = step.tensor(AnnotatedTransformer.LOGITS);
        for (int b = 0; b < batch; b++) {
          List<Long> row = decoding.ids.get(b);
          if (row.isEmpty() || row.getLast() != model.end()) {
            row.add(best(logits, b));
          }
        }
      }
    }
    return decoding;
  }

  private long best(Tensor logits, int entry) {
    long first = (long) entry * model.vocabulary();
    int best = 0;
    for (int i = 1; i < model.vocabulary(); i++) {
      if (logits.at(first + i) > logits.at(first + best)) {
        best = i;
      }
    }
    return best;
  }

  private List<AttentionMap> trace(List<Long> source, Decoding decoding) {
    TokenTrace maps = new TokenTrace();
    List<String> read = source.stream().map(this::token).toList();
    List<String> written = decoding.ids.getFirst().stream().map(this::token).toList();
    List<String> given = new ArrayList<>(written);
    given.addFirst(token(model.begin()));
    given.removeLast();
    for (String node : networks.encoder().attentionNodes()) {
      maps.add(networks.encoder(), node, List.of(decoding.encoded.tensor(node)), read, read);
    }
    for (String node : networks.decoder().attentionNodes()) {
      List<Tensor> rows = decoding.steps.stream().map(step -> step.tensor(node)).toList();
      boolean cross = TokenTrace.label(networks.decoder(), node).kind() == MapLabel.Kind.CROSS;
      maps.add(networks.decoder(), node, rows, written, cross ? read : given);
    }
    return maps.all();
  }

  private String token(long id) {
    return vocabulary.token(id);
  }

  @Override
  public void close() {
    encoder.close();
    decoder.close();
  }
}
