package io.github.attention4j.cpu.network;

import io.github.attention4j.api.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// What one [io.github.attention4j.api.network.Layer.Append] node remembers in a session: room for
/// more positions than there are, so that a step copies only what is new. Doubles when full.
final class Memory {
  private MemorySegment segment = MemorySegment.NULL;
  private int batch;
  private int capacity;
  private int length;
  private int committed;
  private int channels;

  /// Positions remembered.
  int length() {
    return length;
  }

  /// Entries of the batch; 0 before anything was remembered.
  int batch() {
    return batch;
  }

  /// Adds positions `[batch, length, channels]`.
  void append(Value.Floats x) {
    int more = x.size(1);
    if (length == 0) {
      batch = x.size(0);
      channels = x.size(2);
      capacity = 0;
    } else if (x.size(0) != batch) {
      throw new IllegalArgumentException(
          "input: expected a batch of " + batch + " as in the steps before, got " + x.shape());
    }
    if (length + more > capacity) {
      int[] same = new int[batch];
      java.util.Arrays.setAll(same, b -> b);
      rebuild(same, Math.max(length + more, Math.max(64, 2 * capacity)));
    }
    for (int b = 0; b < batch; b++) {
      MemorySegment.copy(
          x.segment(),
          4L * b * x.stride(),
          segment,
          4L * ((long) b * capacity + length) * channels,
          4L * more * channels);
    }
    length += more;
  }

  /// Ends a step: keeps what it added, or forgets it if the step failed.
  void end(boolean keep) {
    if (keep) {
      committed = length;
    } else {
      length = committed;
    }
  }

  /// Continues entry $i$ from entry `sources[i]`.
  void reorder(int[] sources) {
    if (batch > 0) {
      rebuild(sources, capacity);
    }
  }

  private void rebuild(int[] sources, int newCapacity) {
    long entry = 4L * newCapacity * channels;
    MemorySegment moved = Arena.ofAuto().allocate(Math.max(4, entry * sources.length), 64);
    for (int b = 0; b < sources.length; b++) {
      if (length > 0) {
        MemorySegment.copy(
            segment,
            4L * sources[b] * capacity * channels,
            moved,
            b * entry,
            4L * length * channels);
      }
    }
    segment = moved;
    batch = sources.length;
    capacity = newCapacity;
  }

  /// Everything remembered, `[batch, length, channels]`.
  Value.Floats value() {
    return new Value.Floats(
        segment, Shape.of(batch, length, channels), (long) capacity * channels, null);
  }
}
