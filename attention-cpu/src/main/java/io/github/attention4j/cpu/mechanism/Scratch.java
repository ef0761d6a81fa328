package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.cpu.algebra.IteratedInverse;
import io.github.attention4j.cpu.plan.Best;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What runs work in, kept for the runs to come; several runs at once have sets of their own.
final class Scratch {
  private final ArrayDeque<Worker[]> idle = new ArrayDeque<>();

  /// A set for one run: for each participant of a pool, and the last one for what all of them
  /// share. Has to be given back.
  Worker[] take(int participants) {
    Worker[] set;
    synchronized (this) {
      set = idle.pollLast();
    }
    if (set == null || set.length <= participants) {
      set = new Worker[participants + 1];
      Arrays.setAll(set, _ -> new Worker());
    }
    set[participants].rewind();
    return set;
  }

  /// Takes a set back.
  synchronized void give(Worker[] set) {
    idle.addLast(set);
  }

  /// What one task at a time works in. A task rewinds first and then asks for what it needs, always
  /// in the same order, so what it asks for first is what it had first the last time, made larger
  /// where it has to be.
  static final class Worker {
    private final Kind<float[]> floats = new Kind<>();
    private final Kind<double[]> doubles = new Kind<>();
    private final Kind<double[][]> matrices = new Kind<>();
    private final Kind<int[]> ints = new Kind<>();
    private final Kind<Best> best = new Kind<>();
    private final IteratedInverse inverse = new IteratedInverse();

    /// Starts with the first of everything again.
    void rewind() {
      floats.next = 0;
      doubles.next = 0;
      matrices.next = 0;
      ints.next = 0;
      best.next = 0;
    }

    /// At least this many, of any contents.
    float[] floats(int length) {
      float[] present = floats.present();
      return present != null && present.length >= length
          ? floats.again(present)
          : floats.replace(new float[length]);
    }

    /// At least this many; this many are 0.
    float[] zeros(int length) {
      float[] array = floats(length);
      Arrays.fill(array, 0, length, 0f);
      return array;
    }

    /// At least this many; this many are 0.
    double[] doubles(int length) {
      double[] present = doubles.present();
      double[] array =
          present != null && present.length >= length
              ? doubles.again(present)
              : doubles.replace(new double[length]);
      Arrays.fill(array, 0, length, 0);
      return array;
    }

    /// Exactly this many rows and columns of zeros.
    double[][] matrix(int rows, int columns) {
      double[][] present = matrices.present();
      if (present == null || present.length != rows || (rows > 0 && present[0].length != columns)) {
        return matrices.replace(new double[rows][columns]);
      }
      for (double[] row : present) {
        Arrays.fill(row, 0);
      }
      return matrices.again(present);
    }

    /// For inverses, one at a time.
    IteratedInverse inverse() {
      return inverse;
    }

    /// At least this many, of any contents.
    int[] ints(int length) {
      int[] present = ints.present();
      return present != null && present.length >= length
          ? ints.again(present)
          : ints.replace(new int[length]);
    }

    /// Keeps the best of this many, and has none.
    Best best(int count) {
      Best present = best.present();
      if (present == null || present.most() != count) {
        return best.replace(new Best(count));
      }
      present.clear();
      return best.again(present);
    }
  }

  /// All of a kind, in the order in which they were asked for.
  private static final class Kind<T> {
    private final List<T> all = new ArrayList<>();
    private int next;

    /// What was asked for at this point the last time.
    private @Nullable T present() {
      return next < all.size() ? all.get(next) : null;
    }

    private T again(T present) {
      next++;
      return present;
    }

    private T replace(T larger) {
      if (next < all.size()) {
        all.set(next, larger);
      } else {
        all.add(larger);
      }
      next++;
      return larger;
    }
  }
}
