package io.github.attention4j.cpu.network;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.cpu.kernel.Engine;
import io.github.attention4j.cpu.plan.NetworkChecks;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A compiled network: operations in order, each knowing where its values come from and which of
/// them nobody reads afterwards.
public final class CpuProgram implements Program {
  private final Network network;
  private final Engine engine;
  private final List<Step> steps = new ArrayList<>();
  private final Map<String, Integer> slots = new HashMap<>();
  private final ArrayDeque<Context> idle = new ArrayDeque<>();
  private boolean closed;

  /// A node with its operands as places in the list of values.
  ///
  /// @param last values that are not read after this step
  private record Step(
      String name, Operation operation, List<Integer> from, int to, List<Integer> last) {}

  /// Compiles a network that [#unsupported] has nothing against.
  ///
  /// @param provider prepares mechanisms
  /// @throws IllegalArgumentException if a map is no attention node
  public CpuProgram(Network network, Set<String> maps, AttentionProvider provider, Engine engine) {
    NetworkChecks.checkMaps(network, maps);
    this.network = network;
    this.engine = engine;
    network.inputs().forEach(port -> slots.put(port.name(), slots.size()));
    network.nodes().forEach(node -> slots.put(node.name(), slots.size()));
    Map<String, Integer> lastRead = new HashMap<>();
    for (int n = 0; n < network.nodes().size(); n++) {
      Network.Node node = network.nodes().get(n);
      lastRead.put(node.name(), n);
      for (String from : node.inputs()) {
        lastRead.put(from, n);
      }
    }
    network.outputs().values().forEach(lastRead::remove);
    Operations operations = new Operations(provider, engine, NetworkChecks.continuing(network));
    for (int n = 0; n < network.nodes().size(); n++) {
      Network.Node node = network.nodes().get(n);
      int now = n;
      List<Integer> last = new ArrayList<>();
      lastRead.forEach((name, step) -> {
        if (step == now) {
          last.add(slot(name));
        }
      });
      steps.add(
          new Step(
              node.name(),
              operations.of(node, maps.contains(node.name())),
              node.inputs().stream().map(this::slot).toList(),
              slot(node.name()),
              last));
    }
  }

  private int slot(String name) {
    Integer slot = slots.get(name);
    if (slot == null) {
      throw new IllegalStateException("'" + name + "' is no value of network " + network.name());
    }
    return slot;
  }

  /// Why a network cannot be compiled; empty if it can.
  public static List<String> unsupported(Network network, AttentionProvider provider) {
    List<String> reasons = new ArrayList<>(NetworkChecks.refused(network));
    for (Network.Node node : network.nodes()) {
      List<String> more = List.of();
      if (node.layer() instanceof Layer.Attend attend) {
        more = provider.unsupported(AttendOperation.request(attend.mechanism(), false));
      } else if (node.layer() instanceof Layer.Hyena(var operator)) {
        more = provider.unsupported(Request.of(operator));
      }
      more.forEach(reason -> reasons.add("node " + node.name() + ": " + reason));
    }
    return reasons;
  }

  @Override
  public Network network() {
    return network;
  }

  @Override
  public String device() {
    return engine.device();
  }

  @Override
  public Result run(Inputs inputs) {
    Context context = take();
    context.plain();
    // Not given back after a failure: its buffers may still be spoken for.
    Result result = compute(inputs, context);
    give(context);
    return result;
  }

  @Override
  public Session begin() {
    checkOpen();
    NetworkChecks.checkSession(network);
    return new CpuSession(this);
  }

  /// A context for a session.
  Context context() {
    return new Context(engine.pool());
  }

  /// Runs all steps.
  Result compute(Inputs inputs, Context context) {
    checkOpen();
    NetworkChecks.checkInputs(network, inputs);
    Value[] values = new Value[slots.size()];
    network.inputs().forEach(port -> values[slot(port.name())] = Value.of(inputs.get(port.name())));
    for (Step step : steps) {
      Value[] from = new Value[step.from().size()];
      for (int i = 0; i < from.length; i++) {
        from[i] = values[step.from().get(i)];
      }
      try {
        values[step.to()] = step.operation().run(context, from);
      } catch (IllegalArgumentException wrong) {
        throw new IllegalArgumentException(
            "node " + step.name() + ": " + wrong.getMessage(), wrong);
      }
      for (int slot : step.last()) {
        context.buffers().release(values[slot]);
      }
    }
    Map<String, NdArray> results = new LinkedHashMap<>();
    Map<Integer, NdArray> copied = new HashMap<>();
    network
        .outputs()
        .forEach((name, node) ->
            results.put(name, copied.computeIfAbsent(slot(node), s -> array(values[s]))));
    for (int slot : copied.keySet()) {
      context.buffers().release(values[slot]);
    }
    results.putAll(context.maps());
    return Result.of(results);
  }

  /// A copy of a value for the caller: buffers are used again.
  private static NdArray array(Value value) {
    return switch (value) {
      case Value.Longs(LongTensor array) -> array;
      case Value.Booleans(BooleanTensor array) -> array;
      case Value.Floats floats -> {
        Tensor array = Tensor.allocate(floats.shape());
        long entry = 4 * Value.Floats.entry(floats.shape());
        long batch = floats.shape().rank() == 0 ? 1 : floats.shape().size(0);
        for (long b = 0; b < batch; b++) {
          MemorySegment.copy(
              floats.segment(), 4L * b * floats.stride(), array.segment(), b * entry, entry);
        }
        yield array;
      }
    };
  }

  private void checkOpen() {
    synchronized (idle) {
      if (closed) {
        throw new IllegalStateException("program: it was closed");
      }
    }
  }

  private Context take() {
    checkOpen();
    synchronized (idle) {
      Context context = idle.pollLast();
      return context == null ? context() : context;
    }
  }

  private void give(Context context) {
    synchronized (idle) {
      if (!closed) {
        idle.addLast(context);
      }
    }
  }

  @Override
  public void close() {
    synchronized (idle) {
      closed = true;
      idle.clear();
    }
  }
}
