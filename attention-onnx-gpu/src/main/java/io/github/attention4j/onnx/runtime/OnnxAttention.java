package io.github.attention4j.onnx.runtime;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.onnx.graph.Signature;
import io.github.attention4j.onnx.graph.Target;
import io.github.attention4j.onnx.graph.Variant;
import io.github.attention4j.onnx.mechanism.HopGraph;
import io.github.attention4j.onnx.mechanism.MechanismGraph;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// A request as sessions of ONNX Runtime: one per [Variant] that runs have called for.
public final class OnnxAttention implements Attention {
  private final Engine engine;
  private final Request request;
  private final Target target;
  private final Signature usual;
  private final Map<Variant, Model> models = new HashMap<>();
  private boolean closed;

  /// Builds and opens the graph for equally many heads without optional inputs; others follow when
  /// they are first run.
  public OnnxAttention(Engine engine, Request request, Target target) {
    this.engine = engine;
    this.request = request;
    this.target = target;
    usual = model(new Variant(Set.of(), true, Map.of())).signature();
  }

  @Override
  public Request request() {
    return request;
  }

  @Override
  public String device() {
    return "onnx (" + engine.describe() + ")";
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
    if (outputs.values().stream().allMatch(array -> array.shape().elements() == 0)) {
      return;
    }
    if (EmptyRun.covers(request.mechanism()) && binding.hasEmptyInput()) {
      EmptyRun.fill(inputs, outputs);
      if (EmptyRun.leavesSomething(request.mechanism(), outputs)) {
        try (OnnxAttention padded =
            new OnnxAttention(engine, EmptyRun.substitute(request), target)) {
          EmptyRun.take(request.mechanism(), padded.run(EmptyRun.padded(inputs)), outputs);
        }
      }
    } else {
      model.run(binding.inputs(), outputs);
    }
  }

  private Model model(Inputs inputs) {
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
    return model(new Variant(present, equalHeads(inputs), ranks));
  }

  private static boolean equalHeads(Inputs inputs) {
    NdArray query = inputs.find(Inputs.QUERY);
    NdArray key = inputs.find(Inputs.KEY);
    return query != null
        && key != null
        && query.shape().rank() == 4
        && key.shape().rank() == 4
        && query.shape().size(1) == key.shape().size(1);
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
