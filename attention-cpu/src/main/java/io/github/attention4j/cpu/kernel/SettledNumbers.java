package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import java.util.ArrayList;
import java.util.List;

/// The whole numbers among the inputs of a run, such as lengths, as they were when it was bound to
/// them: as long as they are the same, so is what follows from them.
final class SettledNumbers {
  /// More are not compared at every run.
  private static final long MOST = 4096;

  private final LongTensor[] arrays;
  private final long[][] copies;

  private SettledNumbers(List<LongTensor> arrays) {
    this.arrays = arrays.toArray(LongTensor[]::new);
    copies = new long[this.arrays.length][];
    for (int i = 0; i < copies.length; i++) {
      copies[i] = this.arrays[i].toArray();
    }
  }

  /// None.
  static SettledNumbers none() {
    return new SettledNumbers(List.of());
  }

  /// Those of these inputs.
  static SettledNumbers of(Inputs inputs) {
    List<LongTensor> all = new ArrayList<>();
    for (String name : inputs.names()) {
      if (inputs.get(name) instanceof LongTensor numbers) {
        all.add(numbers);
      }
    }
    return new SettledNumbers(all);
  }

  /// Whether there are so few that comparing them costs less than checking all inputs again.
  boolean few() {
    long sum = 0;
    for (long[] copy : copies) {
      sum += copy.length;
    }
    return sum <= MOST;
  }

  /// Whether they are still the same.
  boolean unchanged() {
    for (int i = 0; i < arrays.length; i++) {
      long[] copy = copies[i];
      for (int n = 0; n < copy.length; n++) {
        if (arrays[i].at(n) != copy[n]) {
          return false;
        }
      }
    }
    return true;
  }
}
