package io.github.attention4j.cpu.network;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.PackedMatrix;
import io.github.attention4j.cpu.kernel.WorkerPool;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/// What operations of one run find around them: memory, threads, how many positions came before,
/// and what the session remembers.
final class Context {
  private final Buffers buffers = new Buffers();
  private final PackedMatrix.Workspace matrices = new PackedMatrix.Workspace();
  private final WorkerPool pool;
  private Map<String, Memory> memories = new HashMap<>();
  private Map<String, NdArray> maps = new LinkedHashMap<>();
  private boolean remembers;
  private long past;

  Context(WorkerPool pool) {
    this.pool = pool;
  }

  /// Leaves the weights of an attention node for the result.
  void map(String node, Tensor weights) {
    maps.put(node, weights);
  }

  /// The weights left in this run.
  Map<String, NdArray> maps() {
    return maps;
  }

  /// Starts a plain run.
  void plain() {
    maps = new LinkedHashMap<>();
    remembers = false;
    past = 0;
  }

  /// Starts a step of a session.
  void step(Map<String, Memory> session, long positions) {
    maps = new LinkedHashMap<>();
    remembers = true;
    memories = session;
    past = positions;
  }

  /// Whether there is a session.
  boolean remembers() {
    return remembers;
  }

  /// What a node remembers in this session.
  Memory memory(String node) {
    return memories.computeIfAbsent(node, _ -> new Memory());
  }

  /// One of several things a node remembers in this session.
  Memory memory(String node, int part) {
    // No name of a node has this character.
    return memory(node + '\0' + part);
  }

  /// Positions consumed before this run.
  long past() {
    return past;
  }

  WorkerPool pool() {
    return pool;
  }

  PackedMatrix.Workspace matrices() {
    return matrices;
  }

  Buffers buffers() {
    return buffers;
  }

  /// Room for a result.
  Value.Floats floats(Shape shape) {
    return buffers.floats(shape);
  }

  /// Room for a result.
  Value.Floats floats(long... sizes) {
    return buffers.floats(Shape.of(sizes));
  }

  /// The value without gaps: itself, or a copy that is to be released.
  Value.Floats dense(Value.Floats x) {
    if (x.dense()) {
      Buffers.Buffer buffer = x.buffer();
      if (buffer != null) {
        buffer.keep();
      }
      return x;
    }
    Value.Floats copy = floats(x.shape());
    for (int b = 0; b < x.size(0); b++) {
      MemorySegment.copy(
          x.segment(),
          4L * b * x.stride(),
          copy.segment(),
          4L * b * copy.stride(),
          4 * copy.stride());
    }
    return copy;
  }
}
