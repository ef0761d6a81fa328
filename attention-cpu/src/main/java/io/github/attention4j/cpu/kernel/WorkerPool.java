package io.github.attention4j.cpu.kernel;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The threads of one configured provider: the caller and up to `threads - 1` daemons that take
/// numbered tasks from one counter.
///
/// Which thread runs a task never changes what it computes. A caller who finds the daemons busy
/// with another run does all the work alone. Idle daemons end after some seconds, so a provider
/// that is no longer used leaves nothing behind.
public final class WorkerPool {
  /// How long a daemon looks for the next run before it sleeps: some times what waking it takes,
  /// which on a virtual machine is 50 microseconds.
  private static final long SPIN_NANOS = 300_000;

  /// Waits on the processor before others are let onto it.
  private static final int SPINS = 2000;

  /// Waits that let others onto the processor, before sleeping: some 30 milliseconds of them.
  /// Whoever sleeps while another is held up leaves a processor idle, to which the scheduler moves
  /// that other; both then share it until processors are balanced again, 5 to 30 milliseconds
  /// later. See docs/decisions/029-slices-and-yields.md.
  private static final int YIELDS = 100_000;

  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /// Multiply-adds that take about 3 microseconds.
  private static final long WORTH_SHARING = 300_000;

  /// A numbered piece of work.
  @FunctionalInterface
  public interface Body {
    /// Runs task `task` as participant `worker`, from 0 to threads − 1; no two at once have the
    /// same number.
    void run(int task, int worker);
  }

  private final int threads;
  private final ReentrantLock busy = new ReentrantLock();
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger inside = new AtomicInteger();
  private final @Nullable Thread[] daemons;
  private volatile @Nullable Body body;
  private volatile int tasks;
  private final AtomicInteger epoch = new AtomicInteger();
  private volatile @Nullable Throwable failure;

  /// A pool of this many threads, the caller's included; starts none yet.
  public WorkerPool(int threads) {
    this.threads = threads;
    this.daemons = new Thread[threads];
  }

  /// How many participants a run may have.
  public int threads() {
    return threads;
  }

  /// Runs tasks 0 to `count` − 1, in this order as far as one counter gives them out, and returns
  /// when all are done.
  public void run(int count, Body work) {
    if (threads == 1 || count <= 1 || busy.isHeldByCurrentThread() || !busy.tryLock()) {
      for (int task = 0; task < count; task++) {
        work.run(task, 0);
      }
      return;
    }
    try {
      share(count, work);
    } finally {
      busy.unlock();
    }
  }

  /// As [#run(int, Body)] with an estimate of the work: below some microseconds of it the caller
  /// does it all, since waking others would take longer.
  ///
  /// @param operations multiply-adds
  void run(int count, long operations, Body work) {
    if (operations < WORTH_SHARING) {
      for (int task = 0; task < count; task++) {
        work.run(task, 0);
      }
    } else {
      run(count, work);
    }
  }

  private void share(int count, Body work) {
    failure = null;
    // The work comes last: a daemon that sees it sees the rest.
    tasks = count;
    next.set(0);
    body = work;
    epoch.incrementAndGet();
    int helpers = Math.min(threads, count) - 1;
    for (int id = 1; id <= helpers; id++) {
      Thread daemon = daemons[id];
      if (daemon == null || !daemon.isAlive()) {
        start(id);
      } else {
        LockSupport.unpark(daemon);
      }
    }
    take(count, work, 0);
    for (int spins = 0; inside.get() != 0; spins++) {
      pause(spins);
    }
    body = null;
    Throwable thrown = failure;
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    }
  }

  private void take(int count, Body work, int worker) {
    try {
      for (int task = next.getAndIncrement(); task < count; task = next.getAndIncrement()) {
        work.run(task, worker);
      }
    } catch (RuntimeException | Error thrown) {
      failure = thrown;
      next.set(count);
    }
  }

  /// Whether a participant of the present run failed: nobody should wait for it.
  boolean failed() {
    return failure != null;
  }

  /// Waits until `counter` has reached `goal`; returns early when another participant failed.
  void await(AtomicInteger counter, int goal) {
    for (int spins = 0; counter.get() < goal && failure == null; spins++) {
      pause(spins);
    }
  }

  /// Waits a little: at first on the processor, then leaving it to others, who on a busy machine
  /// may be those waited for.
  @SuppressWarnings("ThreadPriorityCheck") // Nothing depends on yielding: it only lets others on.
  void pause(int spins) {
    if (spins < SPINS) {
      Thread.onSpinWait();
    } else if (spins < SPINS + YIELDS) {
      Thread.yield();
    } else {
      LockSupport.parkNanos(this, 20_000);
    }
  }

  private void start(int id) {
    // The epoch before this run: the new thread is to join it at once.
    int seen = epoch.get() - 1;
    Thread daemon = new Thread(() -> serve(id, seen), "attention4j-cpu-" + id);
    daemon.setDaemon(true);
    daemons[id] = daemon;
    daemon.start();
  }

  private void serve(int id, int before) {
    int seen = before;
    long idleSince = System.nanoTime();
    while (true) {
      int now = epoch.get();
      if (now != seen) {
        seen = now;
        // Entering comes before reading the work, so that a caller that saw nobody inside has taken
        // the work away first.
        inside.incrementAndGet();
        Body work = body;
        if (work != null && id < tasks) {
          take(tasks, work, id);
        }
        inside.decrementAndGet();
        idleSince = System.nanoTime();
      }
      long idle = System.nanoTime() - idleSince;
      if (idle > IDLE_NANOS) {
        return;
      }
      if (idle < SPIN_NANOS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(this, IDLE_NANOS);
      }
    }
  }
}
