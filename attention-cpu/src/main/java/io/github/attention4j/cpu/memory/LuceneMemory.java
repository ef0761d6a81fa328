package io.github.attention4j.cpu.memory;

import io.github.attention4j.api.ExternalMemory;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.Best;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// A memory on disk: a [MemoryLog] that holds everything, a [LuceneIndex] over its first entries,
/// and the keys of the rest in the heap, compared one by one.
///
/// The log alone says what was appended. The index may lag behind, so a process that is killed
/// leaves nothing to repair: what the index lacks is read from the log.
final class LuceneMemory implements ExternalMemory {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final Sizes sizes;
  private final LuceneStore.Options options;
  private final WorkerPool pool;
  private final MemoryLog log;
  private final LuceneIndex index;
  private KeyTiles tail;
  private volatile View view;
  private volatile boolean closed;

  /// What searches see: the index, and behind its entries the tail.
  private record View(LuceneIndex.Snapshot indexed, KeyTiles.View tail) {
    int count() {
      return indexed.count() + tail.count();
    }
  }

  LuceneMemory(Path directory, Sizes sizes, LuceneStore.Options options, int threads)
      throws IOException {
    this.sizes = sizes;
    this.options = options;
    this.pool = new WorkerPool(threads);
    Files.createDirectories(directory);
    this.index =
        new LuceneIndex(
            directory.resolve("index"), sizes, options.connections(), options.construction());
    MemoryLog opened = null;
    try {
      opened = MemoryLog.open(directory.resolve("entries.log"), sizes);
      this.log = opened;
      LuceneIndex.Snapshot snapshot = index.snapshot();
      if (snapshot.count() > log.count()) {
        throw new IOException(
            directory
                + ": the index has "
                + snapshot.count()
                + " entries, the log only "
                + log.count()
                + ": restore entries.log, or delete the folder index to do without the rest");
      }
      this.tail = new KeyTiles(sizes.heads(), sizes.keySize());
      this.view = new View(snapshot, tail.view());
      remember(snapshot.count(), log.count());
      this.view = new View(snapshot, tail.view());
      index();
    } catch (IOException | RuntimeException failed) {
      index.close();
      if (opened != null) {
        opened.close();
      }
      throw failed;
    }
  }

  /// Puts keys of the log into the tail.
  private void remember(int first, int end) throws IOException {
    MemorySegment entries = log.entries(end);
    float[] key = new float[sizes.keySize()];
    int at = tail.grow(end - first);
    for (int h = 0; h < sizes.heads(); h++) {
      for (int id = first; id < end; id++) {
        log.key(entries, h, id, key, 0);
        tail.set(h, at + id - first, key, 0);
      }
    }
  }

  /// Moves the tail into the index once it is long enough.
  private void index() throws IOException {
    View before = view;
    if (before.tail().count() < options.tail()) {
      return;
    }
    int end = before.count();
    MemorySegment entries = log.entries(end);
    index.add(
        before.indexed().count(), end, (head, id, into) -> log.key(entries, head, id, into, 0));
    tail = new KeyTiles(sizes.heads(), sizes.keySize());
    view = new View(index.snapshot(), tail.view());
    before.indexed().reader().decRef();
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public long size() {
    return open().count();
  }

  @Override
  public synchronized long append(Tensor keys, Tensor values) {
    View before = open();
    int first = before.count();
    int added = MemoryChecks.entries(sizes, first, keys, values);
    if (added == 0) {
      return first;
    }
    try {
      log.append(keys, values, added);
      remember(first, first + added);
      view = new View(before.indexed(), tail.view());
      index();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    return first;
  }

  @Override
  public Found search(Tensor queries, int k) {
    open();
    MemoryChecks.queries(sizes, queries, k);
    View now = acquire();
    try {
      int indexed = now.indexed().count();
      MemorySegment entries = log.entries(indexed);
      int beam = Math.max(k, options.beam());
      return SearchTasks.run(
          queries,
          Math.min(k, now.count()),
          pool,
          (head, some, best, room) -> {
            for (int i = 0; i < best.length; i++) {
              int from = i * sizes.keySize();
              float[] query = Arrays.copyOfRange(some, from, from + sizes.keySize());
              offer(now.indexed(), entries, head, query, beam, best[i]);
            }
            now.tail().offer(head, some, best, indexed, room);
          });
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } finally {
      release(now);
    }
  }

  /// Compares a query with the keys that the index proposes, as they stand in the log.
  private void offer(
      LuceneIndex.Snapshot snapshot,
      MemorySegment entries,
      int head,
      float[] query,
      int beam,
      Best best) {
    float[] key = new float[sizes.keySize()];
    try {
      for (int id : LuceneIndex.near(snapshot, head, query, beam)) {
        log.key(entries, head, id, key, 0);
        float sum = 0;
        for (int e = 0; e < key.length; e++) {
          sum += query[e] * key[e];
        }
        best.offer(sum, id);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /// The view, held against an append that replaces its index meanwhile.
  private View acquire() {
    while (true) {
      View now = open();
      if (now.indexed().reader().tryIncRef()) {
        return now;
      }
    }
  }

  private static void release(View held) {
    try {
      held.indexed().reader().decRef();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  @Override
  public Entries read(LongTensor ids) {
    View now = open();
    int count = MemoryChecks.ids(sizes, now.count(), ids);
    Tensor keys = Tensor.allocate(sizes.heads(), count, sizes.keySize());
    Tensor values = Tensor.allocate(sizes.heads(), count, sizes.valueSize());
    float[] key = new float[sizes.keySize()];
    float[] value = new float[sizes.valueSize()];
    try {
      MemorySegment entries = log.entries(now.count());
      for (int h = 0; h < sizes.heads(); h++) {
        for (int i = 0; i < count; i++) {
          long to = (long) h * count + i;
          int id = (int) ids.at(to);
          log.key(entries, h, id, key, 0);
          log.value(entries, h, id, value, 0);
          MemorySegment.copy(key, 0, keys.segment(), FLOAT, 4 * to * key.length, key.length);
          MemorySegment.copy(
              value, 0, values.segment(), FLOAT, 4 * to * value.length, value.length);
        }
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    return new Entries(keys, values);
  }

  @Override
  public boolean exact() {
    return false;
  }

  private View open() {
    if (closed) {
      throw new IllegalStateException("memory: it was closed");
    }
    return view;
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try (log;
        index) {
      view.indexed().reader().decRef();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
