package io.github.attention4j.cpu.network;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.network.Program;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// An incremental run of a [CpuProgram]. A step that fails leaves the session as it was.
final class CpuSession implements Program.Session {
  private final CpuProgram program;
  private final Map<String, Memory> memories = new HashMap<>();
  private Context context;
  private long past;
  private boolean closed;

  CpuSession(CpuProgram program) {
    this.program = program;
    this.context = program.context();
  }

  @Override
  public Result step(Inputs inputs) {
    checkOpen();
    context.step(memories, past);
    boolean done = false;
    try {
      Result result = program.compute(inputs, context);
      done = true;
      // What every remembering node holds has one length: the positions consumed.
      for (Memory memory : memories.values()) {
        past = Math.max(past, memory.length());
      }
      return result;
    } finally {
      for (Memory memory : memories.values()) {
        memory.end(done);
      }
      if (!done) {
        context = program.context();
      }
    }
  }

  @Override
  public long past() {
    return past;
  }

  @Override
  public void reorder(int... sources) {
    checkOpen();
    int batch = memories.values().stream().mapToInt(Memory::batch).max().orElse(0);
    for (int source : sources) {
      if (source < 0 || source >= batch) {
        throw new IllegalArgumentException(
            "sources: expected entries of a batch of "
                + batch
                + ", got "
                + Arrays.toString(sources));
      }
    }
    memories.values().forEach(memory -> memory.reorder(sources));
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("session: it was closed");
    }
  }

  @Override
  public void close() {
    closed = true;
    memories.clear();
  }
}
