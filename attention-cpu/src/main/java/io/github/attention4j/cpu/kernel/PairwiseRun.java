package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.MAX_PANEL;
import static io.github.attention4j.cpu.kernel.Lanes.TILE;

import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Scope;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The driver: one run of a pairwise softmax as a list of tasks. For each head whose keys are
/// packed (a *unit*: a batch entry and a key head) it packs keys and values, in chunks, and takes
/// the panels of queries that read them through [PanelStages].
///
/// Where there are units for all threads, each thread takes whole ones, and bunches of others' when
/// none is left. Otherwise tasks are numbered unit by unit, packing first, and panels with the most
/// keys first; a panel waits for its unit's packing. Then units share a ring of packed heads, so
/// memory does not grow with batch and heads.
///
/// Where the packed keys and values of a head are more than a cache may be expected to hold, a task
/// is a *bunch* of panels, which go through the keys together, a stretch at a time: each stretch
/// comes from memory once for the bunch and not once for each panel. A panel's tiles are the same
/// either way.
final class PairwiseRun implements PreparedRun, WorkerPool.Body {
  private static final int CHUNK = 512;

  /** Bytes of a head's keys and values that may be expected in a shared cache. */
  private static final long CACHED = 8 << 20;

  /** Bytes of all keys and values together, from which on they are expected to come from memory. */
  private static final long FAR = 16 << 20;

  /** Bytes of the keys and values of a head that is not short. */
  private static final long LONG_HEAD = 1 << 20;

  /** Bytes of keys and values in a stretch, and of queries and outputs in a bunch. */
  private static final int STRETCH = 128 << 10;

  private static final int BUNCH = 128 << 10;

  /// Units for each thread, from which on threads pack for themselves: fewer keep all threads busy
  /// only if they pack together.
  private static final int ALONE = 2;

  private final PairwiseInputs in;
  private final PairwiseArrays arrays;
  private final PanelStages stages;
  private final WorkerPool pool;
  private final Workspace space;
  private final int keys;
  private final int depth;
  private final int columns;
  private final boolean leavesOut;
  private final boolean keysInPlace;
  private final boolean inPlace;
  private final int panels;
  private final int bunch;
  private final int bunches;
  private final int stretch;
  private final int chunks;
  private final int units;
  private final boolean alone;

  PairwiseRun(
      PairwisePlan plan,
      PairwiseInputs in,
      PairwiseArrays arrays,
      WorkerPool pool,
      Workspace space) {
    this(plan, in, arrays, pool, space, null);
  }

  /// A run whose scores go to a sink instead of the softmax.
  PairwiseRun(
      PairwisePlan plan,
      PairwiseInputs in,
      PairwiseArrays arrays,
      WorkerPool pool,
      Workspace space,
      @Nullable RowSink sink) {
    this.in = in;
    this.arrays = arrays;
    this.pool = pool;
    this.space = space;
    stages = new PanelStages(plan, in, arrays, sink);
    keys = in.keys();
    depth = stages.depth;
    columns = stages.columns;
    panels = stages.panels;
    leavesOut =
        !(plan.mechanism.scope() instanceof Scope.Full
            && plan.mechanism.biases().isEmpty()
            && plan.mechanism.normalizer() instanceof Normalizer.Softmax);
    chunks = Math.max(1, (keys + CHUNK - 1) / CHUNK);
    units = panels == 0 ? 0 : in.batch() * stages.packHeads;
    int threads = pool.threads();
    long bytes = 4L * Math.max(1, depth + columns);
    alone = threads == 1 || (units >= ALONE * threads && threads * bytes * keys <= CACHED);
    // Short heads that come from memory one after another are fetched faster by a copy than by the
    // products. Rows that lie apart are copied, too.
    keysInPlace =
        stages.plainKeys()
            && arrays.key().row() == in.keySize()
            && (units * bytes * keys <= FAR || bytes * keys > LONG_HEAD)
            && apart(arrays.key(), arrays.output());
    // What nobody leaves out need not be looked at for NaN; one thread alone looks before it packs.
    inPlace =
        (!leavesOut || alone)
            && sink == null
            && arrays.value().alignedVectors(in.valueSize())
            && apart(arrays.value(), arrays.output());
    long most = sink == null && bytes * keys > CACHED ? BUNCH / (bytes * MAX_PANEL) : 1;
    // There must be tasks enough for all threads.
    bunch = (int) Math.clamp((long) units * panels / (4L * threads), 1, Math.max(1, most));
    stretch = bunch == 1 ? keys : Lanes.roundUp((int) Math.max(1, STRETCH / bytes), TILE);
    bunches = (panels + bunch - 1) / bunch;
  }

  private static boolean apart(Rows read, Rows written) {
    return read.segment().asOverlappingSlice(written.segment()).isEmpty();
  }

  /// Runs all tasks.
  @Override
  public boolean run() {
    int threads = pool.threads();
    space.prepare(threads, bunch, alone ? 0 : Math.min(units, threads == 1 ? 1 : 3));
    stages.prepare();
    long operations = (long) units * stages.group * in.queries() * keys * (depth + columns);
    pool.run(alone ? Math.min(threads, units) : units * (chunks + bunches), operations, this);
    arrays.finish(in, pool);
    return true;
  }

  @Override
  public void run(int task, int worker) {
    if (alone) {
      alone(worker);
      return;
    }
    int unit = task / (chunks + bunches);
    int step = task % (chunks + bunches);
    PackedHead head = space.head(unit);
    // How often this place of the ring was used before.
    int round = unit / space.heads();
    if (step < chunks) {
      // The first chunk makes room for all; room counts as one more chunk.
      if (step == 0) {
        pool.await(head.used, round * bunches);
        reserve(head, unit, inPlace);
        head.packed.incrementAndGet();
      } else {
        pool.await(head.packed, round * (chunks + 1) + 1);
      }
      pack(head, unit, step, space.panel(worker, 0), !inPlace);
      if (inPlace && step == 0) {
        head.valuesInPlace(arrays.value(), unit / stages.packHeads, keyHead(unit), 0);
      }
      head.packed.incrementAndGet();
    } else {
      pool.await(head.packed, (round + 1) * (chunks + 1));
      bunch(head, unit, bunches - 1 - (step - chunks), worker);
      head.used.incrementAndGet();
    }
  }

  /// Whole units, first those of the worker's own share, in run after run the same ones, whose
  /// vectors its cache may still hold; then those of others; then bunches of the last units of
  /// others.
  private void alone(int worker) {
    int threads = pool.threads();
    for (int i = 0; i < threads; i++) {
      int owner = (worker + i) % threads;
      int first = (int) ((long) units * owner / threads);
      int count = (int) ((long) units * (owner + 1) / threads) - first;
      AtomicInteger share = space.share(owner);
      while (share.get() < count) {
        int number = share.getAndIncrement();
        if (number < count) {
          unit(worker, first + number);
        }
      }
    }
    for (int spins = 0; space.finished.get() < units && !pool.failed(); spins++) {
      for (int other = 0; other < threads; other++) {
        bunches(space.panel(other, 0).own, worker);
      }
      pool.pause(spins);
    }
  }

  private void reserve(PackedHead head, int unit, boolean valuesInPlace) {
    head.reserve(keys, depth, columns, keysInPlace, valuesInPlace);
    if (keysInPlace) {
      head.keysInPlace(arrays.key(), unit / stages.packHeads, keyHead(unit));
    }
  }

  private void unit(int worker, int unit) {
    Panel x = space.panel(worker, 0);
    PackedHead head = x.own;
    reserve(head, unit, inPlace);
    boolean here =
        inPlace
            && head.valuesInPlace(
                arrays.value(),
                unit / stages.packHeads,
                keyHead(unit),
                leavesOut ? keys * columns : 0);
    if (inPlace && !here) {
      reserve(head, unit, false);
    }
    for (int chunk = 0; chunk < chunks; chunk++) {
      pack(head, unit, chunk, x, !here);
    }
    head.unit = unit;
    head.done.set(0);
    head.taken.set(0);
    bunches(head, worker);
    pool.await(head.done, bunches);
    space.finished.incrementAndGet();
  }

  /// Takes bunches of a unit as long as there are any.
  private void bunches(PackedHead head, int worker) {
    while (head.taken.get() < bunches) {
      int number = head.taken.getAndIncrement();
      if (number < bunches) {
        bunch(head, head.unit, bunches - 1 - number, worker);
        head.done.incrementAndGet();
      }
    }
  }

  private int keyHead(int unit) {
    return unit % stages.packHeads * in.keyHeads() / stages.packHeads;
  }

  private void pack(PackedHead head, int unit, int chunk, Panel x, boolean values) {
    int b = unit / stages.packHeads;
    int from = chunk * CHUNK;
    int to = Math.min(keys, from + CHUNK);
    if (from >= to) {
      return;
    }
    if (!keysInPlace) {
      stages.packKeys(head, b, keyHead(unit), unit % stages.packHeads, from, to, x);
    }
    if (values) {
      head.values(arrays.value(), b, keyHead(unit), from, to, in.valueSize(), columns, leavesOut);
    }
  }

  private void bunch(PackedHead head, int unit, int number, int worker) {
    int from = number * bunch;
    int to = Math.min(panels, from + bunch);
    for (int panel = from; panel < to; panel++) {
      stages.begin(unit, panel, space.panel(worker, panel - from));
    }
    long before = 0;
    do {
      before += stretch;
      for (int panel = from; panel < to; panel++) {
        stages.tiles(head, unit, space.panel(worker, panel - from), before, false);
      }
    } while (before < keys);
    for (int panel = from; panel < to; panel++) {
      stages.end(head, unit, panel, space.panel(worker, panel - from));
    }
  }
}
