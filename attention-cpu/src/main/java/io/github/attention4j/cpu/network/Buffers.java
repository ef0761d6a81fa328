package io.github.attention4j.cpu.network;

import io.github.attention4j.api.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Native memory of one run at a time, handed on from values that nobody reads any more to new
/// ones.
final class Buffers {
  /// A piece of memory and how many values live in it.
  static final class Buffer {
    private final MemorySegment segment;
    private int users;

    private Buffer(MemorySegment segment) {
      this.segment = segment;
    }

    /// One more value lives here.
    void keep() {
      users++;
    }
  }

  private final List<Buffer> free = new ArrayList<>();

  /// Room for an array of this shape; contents are undefined.
  Value.Floats floats(Shape shape) {
    long bytes = Math.max(4, Math.multiplyExact(shape.elements(), 4L));
    Buffer best = null;
    for (Buffer candidate : free) {
      long size = candidate.segment.byteSize();
      if (size >= bytes && (best == null || size < best.segment.byteSize())) {
        best = candidate;
      }
    }
    // A much larger one stays free for those who need it.
    if (best == null || best.segment.byteSize() > 4 * bytes + 65536) {
      best = new Buffer(Arena.ofAuto().allocate(bytes, 64));
    } else {
      free.remove(best);
    }
    best.users = 1;
    return new Value.Floats(best.segment, shape, Value.Floats.entry(shape), best);
  }

  /// A value is not read any more.
  void release(Value value) {
    if (value instanceof Value.Floats floats) {
      Buffer buffer = floats.buffer();
      if (buffer != null && --buffer.users == 0) {
        free.add(buffer);
      }
    }
  }
}
