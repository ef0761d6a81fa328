package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.network.Layer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// [Layer.Attend]: channels split into heads, attention, heads joined.
final class AttendLayer {
  private AttendLayer() {}

  /// Output, and weights if wanted.
  static Outcome run(Layer.Attend layer, List<Value> from, boolean weights) {
    if (from.size() != 3 + layer.extras().size()) {
      throw new IllegalArgumentException(
          "inputs: expected query, key, value and " + layer.extras() + ", got " + from.size());
    }
    Inputs inputs = Inputs.none();
    Map<String, DoubleArray> exact = new HashMap<>();
    for (int i = 0; i < from.size(); i++) {
      Value value = from.get(i);
      String name =
          switch (i) {
            case 0 -> Inputs.QUERY;
            case 1 -> Inputs.KEY;
            case 2 -> Inputs.VALUE;
            default -> layer.extras().get(i - 3);
          };
      if (i < 3) {
        value =
            new Value.Numbers(
                split(name, value.numbers(), i == 0 ? layer.heads() : layer.keyHeads()));
      }
      if (value instanceof Value.Numbers(DoubleArray array)) {
        exact.put(name, array);
      }
      inputs = inputs.with(name, value.toArray());
    }
    Set<Capture> captures = weights ? Set.of(Capture.WEIGHTS) : Set.of();
    Outcome outcome = Families.run(layer.mechanism(), captures, new Arguments(inputs, exact));
    outcome.put(Result.OUTPUT, join(outcome.get(Result.OUTPUT)));
    return outcome;
  }

  private static DoubleArray split(String name, DoubleArray x, int heads) {
    x.expect("[batch, length, heads * size]", -1, -1, -1);
    if (x.size(2) % heads != 0) {
      throw new IllegalArgumentException(
          name + ": expected channels for " + heads + " heads, got " + x.shape());
    }
    int size = x.size(2) / heads;
    DoubleArray y = DoubleArray.zeros(x.size(0), heads, x.size(1), size);
    for (int b = 0; b < x.size(0); b++) {
      for (int t = 0; t < x.size(1); t++) {
        double[] row = x.row(b, t);
        for (int h = 0; h < heads; h++) {
          y.setRow(java.util.Arrays.copyOfRange(row, h * size, (h + 1) * size), b, h, t);
        }
      }
    }
    return y;
  }

  private static DoubleArray join(DoubleArray x) {
    int size = x.size(3);
    DoubleArray y = DoubleArray.zeros(x.size(0), x.size(2), (long) x.size(1) * size);
    for (int b = 0; b < x.size(0); b++) {
      for (int t = 0; t < x.size(2); t++) {
        double[] row = new double[x.size(1) * size];
        for (int h = 0; h < x.size(1); h++) {
          System.arraycopy(x.row(b, h, t), 0, row, h * size, size);
        }
        y.setRow(row, b, t);
      }
    }
    return y;
  }
}
