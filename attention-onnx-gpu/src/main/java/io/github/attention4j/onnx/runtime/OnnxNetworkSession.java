package io.github.attention4j.onnx.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.network.Program;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// An incremental run of a network.
final class OnnxNetworkSession implements Program.Session {
  private final OnnxProgram program;
  private final Memory memory = new Memory();
  private boolean closed;

  OnnxNetworkSession(OnnxProgram program) {
    this.program = program;
  }

  @Override
  public Result step(Inputs inputs) {
    checkOpen();
    return program.step(inputs, memory);
  }

  @Override
  public long past() {
    return memory.length();
  }

  @Override
  public void reorder(int... sources) {
    checkOpen();
    if (memory.tensors().isEmpty()) {
      return;
    }
    long batch = memory.batch();
    LongTensor rows = LongTensor.allocate(sources.length);
    for (int i = 0; i < sources.length; i++) {
      if (sources[i] < 0 || sources[i] >= batch) {
        throw new IllegalArgumentException(
            "sources: expected entries 0 to " + (batch - 1) + ", got " + sources[i]);
      }
      rows.set(i, sources[i]);
    }
    List<AutoCloseable> owners = new ArrayList<>();
    Map<String, OnnxTensor> picked = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, OnnxTensor> each : memory.tensors().entrySet()) {
        RowPicker.Picked row = program.rows().pick(each.getValue(), rows);
        owners.add(row.owner());
        picked.put(each.getKey(), row.tensor());
      }
    } catch (OrtException failure) {
      throw Model.failed(failure);
    }
    memory.replace(
        () -> {
          for (AutoCloseable owner : owners) {
            owner.close();
          }
        },
        picked);
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("closed: this session was closed and cannot go on");
    }
    program.requireOpen();
  }

  @Override
  public void close() {
    closed = true;
    memory.close();
  }
}
