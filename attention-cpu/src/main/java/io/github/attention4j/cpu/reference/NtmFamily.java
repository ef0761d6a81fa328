package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Result;
import io.github.attention4j.cpu.plan.NtmInputs;
import java.util.Set;

/// [io.github.attention4j.api.Mechanism.NtmAddressing]: content, interpolation, shift, sharpening,
/// reading and writing.
final class NtmFamily {
  private NtmFamily() {}

  static Outcome run(Set<Capture> captures, Arguments arguments) {
    NtmInputs inputs = NtmInputs.of(arguments.inputs());
    DoubleArray memory = arguments.doubles(NtmInputs.MEMORY);
    DoubleArray query = arguments.doubles(Inputs.QUERY);
    DoubleArray beta = arguments.doubles("beta");
    DoubleArray gate = arguments.doubles("gate");
    DoubleArray gamma = arguments.doubles("gamma");
    DoubleArray previous = arguments.doubles("previous");
    DoubleArray shift = arguments.doubles("shift");
    DoubleArray output = DoubleArray.zeros(inputs.batch(), inputs.heads(), inputs.size());
    DoubleArray content = DoubleArray.zeros(inputs.batch(), inputs.heads(), inputs.slots());
    DoubleArray gated = DoubleArray.zeros(inputs.batch(), inputs.heads(), inputs.slots());
    DoubleArray shifted = DoubleArray.zeros(inputs.batch(), inputs.heads(), inputs.slots());
    DoubleArray weights = DoubleArray.zeros(inputs.batch(), inputs.heads(), inputs.slots());
    for (int b = 0; b < inputs.batch(); b++) {
      double[][] slots = memory.rows(b);
      for (int h = 0; h < inputs.heads(); h++) {
        double[] wc = new double[slots.length];
        double[] k = query.row(b, h);
        for (int i = 0; i < slots.length; i++) {
          wc[i] = beta.get(b, h) * Vectors.cosine(k, slots[i]);
        }
        Vectors.softmax(wc);
        double[] wg = new double[slots.length];
        Vectors.add(wg, gate.get(b, h), wc);
        Vectors.add(wg, 1 - gate.get(b, h), previous.row(b, h));
        double[] moved = shift(wg, shift.row(b, h), inputs.maxShift());
        double[] w = sharpen(moved, gamma.get(b, h));
        content.setRow(wc, b, h);
        gated.setRow(wg, b, h);
        shifted.setRow(moved, b, h);
        weights.setRow(w, b, h);
        output.setRow(Vectors.transposedTimes(slots, w, inputs.size()), b, h);
      }
    }
    Outcome outcome = new Outcome();
    outcome.put(Result.OUTPUT, output);
    if (captures.contains(Capture.WEIGHTS)) {
      outcome.put(Result.WEIGHTS, weights);
    }
    if (captures.contains(Capture.STAGES)) {
      outcome.put("content_weights", content);
      outcome.put("gated_weights", gated);
      outcome.put("shifted_weights", shifted);
    }
    if (inputs.writes()) {
      outcome.put(NtmInputs.MEMORY, written(inputs, memory, weights, arguments));
    }
    return outcome;
  }

  private static double[] shift(double[] weights, double[] shift, int maxShift) {
    int slots = weights.length;
    double[] moved = new double[slots];
    for (int i = 0; i < slots; i++) {
      for (int s = -maxShift; s <= maxShift; s++) {
        moved[i] += weights[Math.floorMod(i - s, slots)] * shift[s + maxShift];
      }
    }
    return moved;
  }

  /// $\tilde w^\gamma / \sum \tilde w^\gamma$, the largest taken out so that not all powers vanish.
  private static double[] sharpen(double[] weights, double gamma) {
    double largest = 0;
    for (double weight : weights) {
      largest = Math.max(largest, weight);
    }
    double[] sharp = new double[weights.length];
    double sum = 0;
    for (int i = 0; i < weights.length && largest > 0; i++) {
      sharp[i] = Math.pow(weights[i] / largest, gamma);
      sum += sharp[i];
    }
    for (int i = 0; i < weights.length && largest > 0; i++) {
      sharp[i] /= sum;
    }
    return sharp;
  }

  private static DoubleArray written(
      NtmInputs inputs, DoubleArray memory, DoubleArray weights, Arguments arguments) {
    DoubleArray erase = arguments.doubles("erase");
    DoubleArray add = arguments.doubles("add");
    DoubleArray after = DoubleArray.zeros(memory.shape().toArray());
    for (int b = 0; b < inputs.batch(); b++) {
      for (int i = 0; i < inputs.slots(); i++) {
        double[] slot = memory.row(b, i);
        for (int e = 0; e < slot.length; e++) {
          for (int h = 0; h < inputs.heads(); h++) {
            slot[e] *= 1 - weights.get(b, h, i) * erase.get(b, h, e);
          }
          for (int h = 0; h < inputs.heads(); h++) {
            slot[e] += weights.get(b, h, i) * add.get(b, h, e);
          }
        }
        after.setRow(slot, b, i);
      }
    }
    return after;
  }
}
