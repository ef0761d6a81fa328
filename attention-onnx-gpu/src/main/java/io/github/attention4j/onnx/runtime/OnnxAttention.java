package io.github.attention4j.onnx.runtime;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Shape;
import io.github.attention4j.onnx.graph.Signature;
import io.github.attention4j.onnx.graph.Target;
import io.github.attention4j.onnx.graph.Variant;
import io.github.attention4j.onnx.mechanism.HopGraph;
import io.github.attention4j.onnx.mechanism.MechanismGraph;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A request as sessions of ONNX Runtime: one per [Variant] that runs have called for.
public final class OnnxAttention implements Attention {
  private static final Variant EQUAL_HEADS = new Variant(Set.of(), true, Map.of());

  private final Engine engine;
  private final Request request;
  private final Target target;
  private final Signature usual;
  private final boolean asksForSizes;

  /// Whether the graph depends on more of the inputs than whether they have equally many heads.
  private final boolean depends;

  private final Map<Variant, Model> models = new HashMap<>();
  private volatile String form;
  private boolean closed;

  /// Builds and opens the graph for equally many heads without optional inputs; others follow when
  /// they are first run.
  public OnnxAttention(Engine engine, Request request, Target target) {
    this.engine = engine;
    this.request = request;
    this.target = target;
    asksForSizes = MechanismGraph.asksForSizes(request, target);
    Model model = model(EQUAL_HEADS);
    usual = model.signature();
    depends = asksForSizes || !usual.optionalInputs().isEmpty() || !usual.freeRanks().isEmpty();
    form = model.form();
  }

  @Override
  public Request request() {
    return request;
  }

  @Override
  public String device() {
    return "onnx (" + engine.describe() + ")";
  }

  /// The operator, or `spelled out` where several elementary ones do it.
  @Override
  public String kernel() {
    return form;
  }

  @Override
  public Result run(Inputs inputs) {
    Model model = model(inputs);
    Binding binding = new Binding(model.signature(), inputs);
    Map<String, NdArray> outputs = binding.allocate();
    run(model, inputs, binding, outputs);
    return Result.of(outputs);
  }

  @Override
  public Result run(Inputs inputs, Result into) {
    Model model = model(inputs);
    Binding binding = new Binding(model.signature(), inputs);
    run(model, inputs, binding, binding.place(into));
    return into;
  }

  private void run(Model model, Inputs inputs, Binding binding, Map<String, NdArray> outputs) {
    if (request.mechanism() instanceof Mechanism.WordMemory words) {
      binding
          .inputs()
          .forEach((name, array) -> HopGraph.checkWords(words, name, (LongTensor) array));
    }
    if (areEmpty(outputs)) {
      return;
    }
    if (EmptyRun.covers(request.mechanism()) && binding.hasEmptyInput()) {
      EmptyRun.fill(inputs, outputs);
      if (EmptyRun.leavesSomething(request.mechanism(), outputs)) {
        try (OnnxAttention padded =
            new OnnxAttention(engine, EmptyRun.substitute(request, inputs), target)) {
          EmptyRun.take(request.mechanism(), padded.run(EmptyRun.padded(inputs)), outputs);
        }
      }
    } else {
      model.run(binding.inputs(), outputs);
    }
    form = model.form();
  }

  private static boolean areEmpty(Map<String, NdArray> outputs) {
    for (NdArray output : outputs.values()) {
      if (output.shape().elements() > 0) {
        return false;
      }
    }
    return true;
  }

  private Model model(Inputs inputs) {
    if (depends) {
      return model(variant(inputs));
    }
    return model(equalHeads(inputs) ? EQUAL_HEADS : Variant.GENERAL);
  }

  private Variant variant(Inputs inputs) {
    Set<String> present = new HashSet<>(usual.optionalInputs());
    present.retainAll(inputs.names());
    Map<String, Integer> ranks = new HashMap<>();
    for (Signature.Slot slot : usual.inputs()) {
      NdArray array = inputs.find(slot.name());
      if (array != null
          && !slot.broadcast()
          && usual.freeRanks().contains(slot.name())
          && array.shape().rank() != slot.axes().size()) {
        ranks.put(slot.name(), array.shape().rank());
      }
    }
    return new Variant(present, equalHeads(inputs), ranks, sizes(inputs));
  }

  /// Where a graph depends on them: others shall not be built twice.
  private Variant.Sizes sizes(Inputs inputs) {
    NdArray query = inputs.find(Inputs.QUERY);
    NdArray key = inputs.find(Inputs.KEY);
    NdArray value = inputs.find(Inputs.VALUE);
    if (!asksForSizes || !areHeads(query, key, value)) {
      return Variant.Sizes.ANY;
    }
    Shape queries = Objects.requireNonNull(query).shape();
    Shape keys = Objects.requireNonNull(key).shape();
    long size = keys.size(3);
    long heads = keys.size(1);
    return new Variant.Sizes(
        heads > 0 && queries.size(1) % heads == 0 ? Math.toIntExact(queries.size(1) / heads) : 0,
        queries.size(2) == 1,
        queries.size(2) == keys.size(2),
        size % 8 == 0 && size == Objects.requireNonNull(value).shape().size(3));
  }

  private static boolean areHeads(@Nullable NdArray... arrays) {
    for (NdArray array : arrays) {
      if (array == null || array.shape().rank() != 4) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalHeads(Inputs inputs) {
    NdArray query = inputs.find(Inputs.QUERY);
    NdArray key = inputs.find(Inputs.KEY);
    return areHeads(query, key)
        && Objects.requireNonNull(query).shape().size(1)
            == Objects.requireNonNull(key).shape().size(1);
  }

  private synchronized Model model(Variant variant) {
    if (closed) {
      throw new IllegalStateException("closed: this attention was closed and cannot run any more");
    }
    return models.computeIfAbsent(
        variant,
        missing ->
            Model.open(
                engine,
                MechanismGraph.of(request, target, missing),
                request.mechanism().getClass().getSimpleName()));
  }

  @Override
  public synchronized void close() {
    closed = true;
    models.values().forEach(Model::close);
    models.clear();
  }
}
