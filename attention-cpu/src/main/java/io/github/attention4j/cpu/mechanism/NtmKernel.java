package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.NtmInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// [io.github.attention4j.api.Mechanism.NtmAddressing]: one task per head. Memory is read in
/// float32 vectors; weights, which sharpening raises to powers, are float64.
final class NtmKernel implements Computation {
  private final Set<Capture> captures;
  private final Scratch scratch = new Scratch();

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
        captures.contains(Capture.WEIGHTS) ? results.tensor(Result.WEIGHTS, shape) : null;
    Tensor content = stages ? results.tensor("content_weights", shape) : null;
    Tensor gated = stages ? results.tensor("gated_weights", shape) : null;
    Tensor shifted = stages ? results.tensor("shifted_weights", shape) : null;
    Scratch.Worker[] workers = scratch.take(pool.threads());
    try {
      double[][] exact = workers[pool.threads()].matrix(in.batch() * in.heads(), in.slots());
      pool.run(
          in.batch() * in.heads(),
          (unit, worker) -> {
            Scratch.Worker own = workers[worker];
            own.rewind();
            double[] w = own.matrix(1, in.slots())[0];
            content(in, inputs, unit, w, own);
            store(w, content, unit);
            gate(in, inputs, unit, w);
            store(w, gated, unit);
            shift(in, inputs, unit, w, exact[unit]);
            store(exact[unit], shifted, unit);
            sharpen(exact[unit], inputs.tensor("gamma").at(unit));
            store(exact[unit], weights, unit);
            read(in, inputs, unit, exact[unit], output, own);
          });
      if (in.writes()) {
        Tensor after = results.tensor(NtmInputs.MEMORY, in.batch(), in.slots(), in.size());
        pool.run(
            in.batch() * in.slots(),
            (slot, _) -> write(in, inputs, exact, slot / in.slots(), slot % in.slots(), after));
      }
    } finally {
      scratch.give(workers);
    }
  }

  private static void store(double[] from, @Nullable Tensor into, int unit) {
    for (int i = 0; into != null && i < from.length; i++) {
      into.set((long) unit * from.length + i, (float) from[i]);
    }
  }

  /// $\operatorname{softmax}_i(\beta \cos(k, M_i))$.
  private static void content(
      NtmInputs in, Inputs inputs, int unit, double[] w, Scratch.Worker own) {
    int size = in.size();
    float[] k = own.floats(size);
    float[] slot = own.floats(size);
    Floats.read(inputs.tensor(Inputs.QUERY), (long) unit * size, k, 0, size);
    long memory = (long) (unit / in.heads()) * in.slots() * size;
    double norm = norm(k, size);
    double beta = inputs.tensor("beta").at(unit);
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < w.length; i++) {
      Floats.read(inputs.tensor(NtmInputs.MEMORY), memory + (long) i * size, slot, 0, size);
      double norms = norm * norm(slot, size);
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
  }

  private static double norm(float[] x, int size) {
    double squares = 0;
    for (int c = 0; c < size; c++) {
      squares += (double) x[c] * x[c];
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

  /// Adds to `moved`.
  private static void shift(NtmInputs in, Inputs inputs, int unit, double[] w, double[] moved) {
    int shifts = 2 * in.maxShift() + 1;
    for (int s = 0; s < shifts; s++) {
      double share = inputs.tensor("shift").at((long) unit * shifts + s);
      for (int i = 0; i < w.length; i++) {
        moved[i] += share * w[Math.floorMod(i - s + in.maxShift(), w.length)];
      }
    }
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

  private static void read(
      NtmInputs in, Inputs inputs, int unit, double[] w, Tensor output, Scratch.Worker own) {
    int size = in.size();
    float[] slot = own.floats(size);
    double[] sum = own.doubles(size);
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
