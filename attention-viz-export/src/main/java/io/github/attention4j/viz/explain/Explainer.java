package io.github.attention4j.viz.explain;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.text.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Runs a model on what a user gives and names what it looked at.
///
/// @param model what runs
/// @param tokenizer names what is predicted, if there is one
/// @param vocabulary what `config.json` says of special tokens
/// @param words whether pieces of words are merged
public record Explainer(
    ExplainableModel model,
    Optional<Tokenizer> tokenizer,
    VocabularyConfig vocabulary,
    boolean words) {

  /// The embeddings of the tokens of a text, one row each.
  ///
  /// @throws IllegalArgumentException if the model's are not found
  public float[][] embeddings(Given given) throws IOException {
    InputMapping mapping = InputMapping.of(model.inputs(), given);
    ExplainableModel.Run run = model.run(mapping.inputs(), mapping.copies());
    Tensor rows = model.embeddings(mapping.inputs(), run);
    Positions read = given.source() == null ? given.target() : given.source();
    if (rows == null || read == null || rows.shape().size(1) < read.size()) {
      throw new IllegalArgumentException(
          "semantic: expected embeddings of the tokens: a table that the ids pick rows from, or hidden_states.0; found none");
    }
    int size = rows.shape().intSize(2);
    float[][] embeddings = new float[read.size()][size];
    for (int i = 0; i < embeddings.length; i++) {
      for (int d = 0; d < size; d++) {
        embeddings[i][d] = rows.at((long) i * size + d);
      }
    }
    return embeddings;
  }

  /// What a run showed.
  ///
  /// @param trace with names
  /// @param norms the lengths of what keys add to queries, with names; empty unless found
  /// @param arrays outputs and unnamed maps of all samples
  /// @param notes lines about what was shown and what was not
  public record Explained(
      AttentionTrace trace,
      List<AttentionMap> norms,
      Map<String, NdArray> arrays,
      List<String> notes) {
    public Explained {
      arrays = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(arrays));
      norms = List.copyOf(norms);
      notes = List.copyOf(notes);
    }
  }

  /// Runs the model once, or, where a decoder is to write, once for every token.
  ///
  /// @param steps how many tokens a decoder writes by itself, the most likely one each time, until
  ///   it ends
  /// @param facts for the trace
  /// @throws IllegalArgumentException if an input has nothing, or there is no attention to show
  public Explained explain(Given given, int steps, Map<String, String> facts) throws IOException {
    Given at = given;
    InputMapping mapping = InputMapping.of(model.inputs(), at);
    ExplainableModel.Run run = model.run(mapping.inputs(), mapping.copies());
    List<Long> written = new ArrayList<>();
    Positions target = at.target();
    for (int step = 0; step < steps && target != null && mapping.targetLength() > 0; step++) {
      long next = Predictions.next(run.outputs(), target.size() - 1, mapping.targetLength());
      boolean full =
          mapping.targetLength() > target.size() && target.size() + 1 > mapping.targetLength();
      if (next < 0 || next == vocabulary.end() || full) {
        break;
      }
      written.add(next);
      target = longer(target, next);
      at = at.withTarget(target);
      mapping = InputMapping.of(model.inputs(), at);
      run = model.run(mapping.inputs(), mapping.copies());
    }
    if (run.maps().isEmpty()) {
      throw new IllegalArgumentException(
          "model: expected attention, found none that can be shown" + reasons(run.notes()));
    }
    Naming naming = new Naming(at, mapping, words);
    List<AttentionMap> maps = run.maps().stream().map(naming::named).toList();
    Map<String, String> all = new LinkedHashMap<>(model.facts());
    all.putAll(facts);
    prediction(at, mapping, run, written).ifPresent(text -> all.put("prediction", text));
    Positions source = at.source();
    if (source != null && source.pairStart() >= 0) {
      int start = words ? source.words()[source.pairStart()] : source.pairStart();
      all.put("pair_start", Integer.toString(start));
    }
    // Lengths of pieces do not add up to those of words.
    Naming plain = new Naming(at, mapping, false);
    List<AttentionMap> norms =
        words ? List.of() : run.norms().stream().map(plain::lengths).toList();
    return new Explained(new AttentionTrace(maps, all), norms, run.arrays(), run.notes());
  }

  private static String reasons(List<String> notes) {
    return notes.isEmpty() ? "" : ": " + String.join("; ", notes);
  }

  private Positions longer(Positions target, long next) {
    List<Long> ids = new ArrayList<>();
    for (long id : target.ids()) {
      ids.add(id);
    }
    ids.add(next);
    return Positions.named(ids, tokenizer);
  }

  private Optional<String> prediction(
      Given given, InputMapping mapping, ExplainableModel.Run run, List<Long> written) {
    if (!written.isEmpty()) {
      return Optional.of(text(written));
    }
    NdArray logits = run.outputs().get("logits");
    if (!(logits instanceof Tensor scores)) {
      return Optional.empty();
    }
    if (scores.shape().rank() == 2) {
      return Optional.of(vocabulary.label(Predictions.best(scores, 0)));
    }
    @Nullable Positions read = given.source() == null ? given.target() : given.source();
    if (scores.shape().rank() != 3 || read == null || given.target() != null) {
      return Optional.empty();
    }
    int length = mapping.sourceLength() > 0 ? mapping.sourceLength() : mapping.targetLength();
    if (scores.shape().size(1) != length || scores.shape().size(2) < 2) {
      return Optional.empty();
    }
    long mask =
        tokenizer.map(words -> words.id("[MASK]").orElse(words.id("<mask>").orElse(-1))).orElse(-1);
    List<Long> filled = new ArrayList<>();
    for (int i = 0; i < read.size(); i++) {
      if (read.ids()[i] == mask) {
        filled.add(Predictions.best(scores, i));
      }
    }
    boolean causal = run.maps().stream().allMatch(Predictions::isCausal);
    if (filled.isEmpty() && causal) {
      filled.add(Predictions.best(scores, read.size() - 1));
    }
    return filled.isEmpty() ? Optional.empty() : Optional.of(text(filled));
  }

  private String text(List<Long> ids) {
    if (tokenizer.isPresent()) {
      int[] numbers = ids.stream().mapToInt(Math::toIntExact).toArray();
      boolean known = ids.stream().allMatch(id -> id < tokenizer.get().size());
      if (known) {
        return tokenizer.get().decodeWithSpecial(numbers).strip();
      }
    }
    return String.join(" ", ids.stream().map(id -> Long.toString(id)).toList());
  }
}
