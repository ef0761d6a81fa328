package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.network.Program;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// An incremental run of a [ReferenceProgram].
final class ReferenceSession implements Program.Session {
  private final ReferenceProgram program;
  private final Map<String, DoubleArray> memory = new HashMap<>();
  private long past;
  private boolean closed;

  ReferenceSession(ReferenceProgram program) {
    this.program = program;
  }

  @Override
  public Result step(Inputs inputs) {
    checkOpen();
    Result result = program.compute(inputs, past, memory);
    // What every Append node remembers has one length: the positions consumed.
    past = memory.values().stream().mapToLong(joined -> joined.size(1)).max().orElse(past);
    return result;
  }

  @Override
  public long past() {
    return past;
  }

  @Override
  public void reorder(int... sources) {
    checkOpen();
    int batch = memory.values().stream().mapToInt(joined -> joined.size(0)).max().orElse(0);
    for (int source : sources) {
      if (source < 0 || source >= batch) {
        throw new IllegalArgumentException(
            "sources: expected entries of a batch of "
                + batch
                + ", got "
                + Arrays.toString(sources));
      }
    }
    memory.replaceAll((_, joined) -> {
      DoubleArray moved = DoubleArray.zeros(sources.length, joined.size(1), joined.size(2));
      for (int b = 0; b < sources.length; b++) {
        for (int t = 0; t < joined.size(1); t++) {
          moved.setRow(joined.row(sources[b], t), b, t);
        }
      }
      return moved;
    });
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("session: was closed");
    }
  }

  @Override
  public void close() {
    closed = true;
    memory.clear();
  }
}
