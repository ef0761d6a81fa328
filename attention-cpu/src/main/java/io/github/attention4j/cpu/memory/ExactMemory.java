package io.github.attention4j.cpu.memory;

import io.github.attention4j.api.ExternalMemory;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.WorkerPool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// A memory in the heap that compares a query with every key.
final class ExactMemory implements ExternalMemory {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  /// Entries of a piece of the values.
  private static final int PIECE = 256;

  private final Sizes sizes;
  private final WorkerPool pool;
  private final KeyTiles tiles;
  private volatile View view;
  private volatile boolean closed;

  /// What searches see: keys, and values in pieces `[entry][head][element]`.
  private record View(KeyTiles.View keys, List<float[]> values) {}

  ExactMemory(Sizes sizes, int threads) {
    this.sizes = sizes;
    this.pool = new WorkerPool(threads);
    this.tiles = new KeyTiles(sizes.heads(), sizes.keySize());
    this.view = new View(tiles.view(), List.of());
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public long size() {
    return open().keys().count();
  }

  @Override
  public synchronized long append(Tensor keys, Tensor values) {
    View before = open();
    int count = MemoryChecks.entries(sizes, before.keys().count(), keys, values);
    int first = tiles.grow(count);
    float[] key = new float[sizes.keySize()];
    int row = sizes.heads() * sizes.valueSize();
    List<float[]> pieces = new ArrayList<>(before.values());
    while (pieces.size() * PIECE < first + count) {
      pieces.add(new float[PIECE * row]);
    }
    for (int h = 0; h < sizes.heads(); h++) {
      for (int i = 0; i < count; i++) {
        long from = (long) h * count + i;
        MemorySegment.copy(keys.segment(), FLOAT, 4 * from * key.length, key, 0, key.length);
        tiles.set(h, first + i, key, 0);
        int at = first + i;
        MemorySegment.copy(
            values.segment(),
            FLOAT,
            4 * from * sizes.valueSize(),
            pieces.get(at / PIECE),
            at % PIECE * row + h * sizes.valueSize(),
            sizes.valueSize());
      }
    }
    view = new View(tiles.view(), List.copyOf(pieces));
    return first;
  }

  @Override
  public Found search(Tensor queries, int k) {
    View now = open();
    MemoryChecks.queries(sizes, queries, k);
    return SearchTasks.run(
        queries,
        Math.min(k, now.keys().count()),
        pool,
        (head, some, best, room) -> now.keys().offer(head, some, best, 0, room));
  }

  @Override
  public Entries read(LongTensor ids) {
    View now = open();
    int count = MemoryChecks.ids(sizes, now.keys().count(), ids);
    Tensor keys = Tensor.allocate(sizes.heads(), count, sizes.keySize());
    Tensor values = Tensor.allocate(sizes.heads(), count, sizes.valueSize());
    float[] key = new float[sizes.keySize()];
    int row = sizes.heads() * sizes.valueSize();
    for (int h = 0; h < sizes.heads(); h++) {
      for (int i = 0; i < count; i++) {
        long to = (long) h * count + i;
        int at = (int) ids.at(to);
        now.keys().get(h, at, key, 0);
        MemorySegment.copy(key, 0, keys.segment(), FLOAT, 4 * to * key.length, key.length);
        MemorySegment.copy(
            now.values().get(at / PIECE),
            at % PIECE * row + h * sizes.valueSize(),
            values.segment(),
            FLOAT,
            4 * to * sizes.valueSize(),
            sizes.valueSize());
      }
    }
    return new Entries(keys, values);
  }

  @Override
  public boolean exact() {
    return true;
  }

  private View open() {
    if (closed) {
      throw new IllegalStateException("memory: it was closed");
    }
    return view;
  }

  @Override
  public void close() {
    closed = true;
  }
}
