package io.github.attention4j.api;

import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Asks for a garbage collection when much native memory was handed out since the last one.
 *
 * <p>The collector sees only the small objects that own the memory: in a loop that drops an array
 * each time it would let gigabytes wait, all of them fresh pages.
 */
final class CollectionPressure {
  /** For all arrays of the process; what a collection costs grows with the heap. */
  static final CollectionPressure OF_PROCESS =
      new CollectionPressure(Math.max(64L << 20, Runtime.getRuntime().maxMemory() / 8), System::gc);

  private final long budget;
  private final Runnable collect;
  private final AtomicLong handedOut = new AtomicLong();
  private volatile WeakReference<Object> sinceCollection = new WeakReference<>(new Object());

  CollectionPressure(long budget, Runnable collect) {
    this.budget = budget;
    this.collect = collect;
  }

  long budget() {
    return budget;
  }

  /** Counts an array of this size, which is about to be allocated. */
  void add(long bytes) {
    if (sinceCollection.refersTo(null)) {
      sinceCollection = new WeakReference<>(new Object());
      handedOut.set(0);
    }
    if (handedOut.addAndGet(bytes) > budget && handedOut.getAndSet(0) > budget) {
      collect.run();
    }
  }
}
