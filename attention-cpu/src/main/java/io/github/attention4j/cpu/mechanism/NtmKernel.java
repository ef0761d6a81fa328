package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.NtmInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import java.util.Set;

/// [io.github.attention4j.api.Mechanism.NtmAddressing]: one task per head. Memory is read in
/// float32 vectors; weights, which sharpening raises to powers, are float64.
final class NtmKernel implements Computation {
  private final Set<Capture> captures;

  NtmKernel(Set<Capture> captures) {
    this.captures = captures;
  }

  @Override
  public void run(Inputs inputs, ResultArrays results, WorkerPool pool) {
    NtmInputs in = NtmInputs.of(inputs);
    Tensor output = results.tensor(Result.OUTPUT, in.batch(), in.heads(), in.size());
    long[] shape = {in.batch(), in.heads(), in.slots()};
    boolean stages = captures.contains(Capture.STAGES);
    Tensor weights =
        captures.contains(Capture.WEIGHTS)
            ? results.tensor(Result.WEIGHTS, shape)
            : Tensor.allocate(shape);
    Tensor content = stages ? results.tensor("content_weights", shape) : Tensor.allocate(shape);
    Tensor gated = stages ? results.tensor("gated_weights", shape) : Tensor.allocate(shape);
    Tensor shifted = stages ? results.tensor("shifted_weights", shape) : Tensor.allocate(shape);
    double[][] exact = new double[in.batch() * in.heads()][];
    pool.run(
        in.batch() * in.heads(),
        (unit, _) -> {
          double[] w = content(in, inputs, unit);
          store(w, content, unit);
          gate(in, inputs, unit, w);
          store(w, gated, unit);
          w = shift(in, inputs, unit, w);
          store(w, shifted, unit);
          sharpen(w, inputs.tensor("gamma").at(unit));
          store(w, weights, unit);
          exact[unit] = w;
          read(in, inputs, unit, w, output);
        });
    if (in.writes()) {
      Tensor after = results.tensor(NtmInputs.MEMORY, in.batch(), in.slots(), in.size());
      pool.run(
          in.batch() * in.slots(),
          (slot, _) -> write(in, inputs, exact, slot / in.slots(), slot % in.slots(), after));
    }
  }

  private static void store(double[] from, Tensor into, int unit) {
    for (int i = 0; i < from.length; i++) {
      into.set((long) unit * from.length + i, (float) from[i]);
    }
  }

  /// $\operatorname{softmax}_i(\beta \cos(k, M_i))$.
  private static double[] content(NtmInputs in, Inputs inputs, int unit) {
    int size = in.size();
    float[] k = new float[size];
    float[] slot = new float[size];
    Floats.read(inputs.tensor(Inputs.QUERY), (long) unit * size, k, 0, size);
    long memory = (long) (unit / in.heads()) * in.slots() * size;
    double norm = norm(k);
    double beta = inputs.tensor("beta").at(unit);
    double[] w = new double[in.slots()];
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < w.length; i++) {
      Floats.read(inputs.tensor(NtmInputs.MEMORY), memory + (long) i * size, slot, 0, size);
      double norms = norm * norm(slot);
      double dot = 0;
      for (int c = 0; c < size; c++) {
        dot += (double) k[c] * slot[c];
      }
      w[i] = norms == 0 ? 0 : beta * (dot / norms);
      largest = Math.max(largest, w[i]);
    }
    double sum = 0;
    for (int i = 0; i < w.length; i++) {
      w[i] = Math.exp(w[i] - largest);
      sum += w[i];
    }
    for (int i = 0; i < w.length; i++) {
      w[i] /= sum;
    }
    return w;
  }

  private static double norm(float[] x) {
    double squares = 0;
    for (float element : x) {
      squares += (double) element * element;
    }
    return Math.sqrt(squares);
  }

  private static void gate(NtmInputs in, Inputs inputs, int unit, double[] w) {
    double g = inputs.tensor("gate").at(unit);
    Tensor previous = inputs.tensor("previous");
    for (int i = 0; i < w.length; i++) {
      w[i] = g * w[i] + (1 - g) * previous.at((long) unit * in.slots() + i);
    }
  }

  private static double[] shift(NtmInputs in, Inputs inputs, int unit, double[] w) {
    double[] moved = new double[w.length];
    int shifts = 2 * in.maxShift() + 1;
    for (int s = 0; s < shifts; s++) {
      double share = inputs.tensor("shift").at((long) unit * shifts + s);
      for (int i = 0; i < w.length; i++) {
        moved[i] += share * w[Math.floorMod(i - s + in.maxShift(), w.length)];
      }
    }
    return moved;
  }

  /// The largest is taken out, so that not all powers vanish.
  private static void sharpen(double[] w, double gamma) {
    double largest = 0;
    for (double weight : w) {
      largest = Math.max(largest, weight);
    }
    double sum = 0;
    for (int i = 0; i < w.length; i++) {
      w[i] = largest > 0 ? Math.pow(w[i] / largest, gamma) : 0;
      sum += w[i];
    }
    for (int i = 0; i < w.length && sum > 0; i++) {
      w[i] /= sum;
    }
  }

  private static void read(NtmInputs in, Inputs inputs, int unit, double[] w, Tensor output) {
    int size = in.size();
    float[] slot = new float[size];
    double[] sum = new double[size];
    long memory = (long) (unit / in.heads()) * in.slots() * size;
    for (int i = 0; i < w.length; i++) {
      if (w[i] == 0) {
        continue;
      }
      Floats.read(inputs.tensor(NtmInputs.MEMORY), memory + (long) i * size, slot, 0, size);
      for (int c = 0; c < size; c++) {
        sum[c] += w[i] * slot[c];
      }
    }
    for (int c = 0; c < size; c++) {
      output.set((long) unit * size + c, (float) sum[c]);
    }
  }

  private static void write(
      NtmInputs in, Inputs inputs, double[][] weights, int b, int i, Tensor after) {
    long at = ((long) b * in.slots() + i) * in.size();
    for (int c = 0; c < in.size(); c++) {
      double element = inputs.tensor(NtmInputs.MEMORY).at(at + c);
      for (int h = b * in.heads(); h < (b + 1) * in.heads(); h++) {
        element *= 1 - weights[h][i] * inputs.tensor("erase").at((long) h * in.size() + c);
      }
      for (int h = b * in.heads(); h < (b + 1) * in.heads(); h++) {
        element += weights[h][i] * inputs.tensor("add").at((long) h * in.size() + c);
      }
      after.set(at + c, (float) element);
    }
  }
}
