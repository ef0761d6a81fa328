package io.github.attention4j.cpu.mechanism;

import static io.github.attention4j.cpu.kernel.Lanes.BY_1;
import static io.github.attention4j.cpu.kernel.Lanes.BY_2;
import static io.github.attention4j.cpu.kernel.Lanes.BY_4;
import static io.github.attention4j.cpu.kernel.Lanes.BY_8;
import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/// What the delta rule writes in four steps, from the state before them.
///
/// With $\gamma$ the decay of a step and products of vectors taken element by element, step $t$
/// writes $u_t = \beta_t \left(v_t - S^\top (k_t \gamma_{\le t}) - \sum_{j < t} (k_j \gamma_{j+1
/// \ldots t})^\top k_t \; u_j\right)$: what the state before all four answers to $k_t$, decayed,
/// and what the steps since then have written. So the state is read once for four steps; only
/// products of keys, 6 of them, and of numbers with rows are left between the steps. Decays are
/// multiplied, never divided by: they may vanish.
///
/// Source: the WY representation of Yang et al. 2024 (arXiv:2406.06484), which is this for chunks.
final class DeltaRule {
  private final int step;
  private final int stride;
  private final float[] decayed;
  private final float[] read;
  private final float[] products;

  /// @param step elements from a key to the next, zeros behind its last
  /// @param stride elements from a value to the next
  /// @param own whose arrays it uses until the worker rewinds
  DeltaRule(int step, int stride, Scratch.Worker own) {
    this.step = step;
    this.stride = stride;
    decayed = own.floats(RecurrentState.STEPS * step);
    read = own.floats(RecurrentState.STEPS * stride);
    products = own.floats(6);
  }

  /// Puts what four steps write in the place of their values.
  ///
  /// @param factors $\gamma$ where the keys are
  /// @param at where the first key starts
  /// @param v values, from `to` on
  /// @param share $\beta$, from `first` on
  void write(
      RecurrentState state,
      float[] k,
      float[] factors,
      int at,
      float[] v,
      int to,
      float[] share,
      int first) {
    products(k, factors, at);
    state.timesFour(decayed, 0, step, read, 0, stride);
    subtract(v, to, share, first);
  }

  private void products(float[] k, float[] g, int from) {
    FloatVector k10 = FloatVector.zero(SPECIES);
    FloatVector k20 = FloatVector.zero(SPECIES);
    FloatVector k21 = FloatVector.zero(SPECIES);
    FloatVector k30 = FloatVector.zero(SPECIES);
    FloatVector k31 = FloatVector.zero(SPECIES);
    FloatVector k32 = FloatVector.zero(SPECIES);
    for (int c = 0; c < step; c += LENGTH) {
      int at = from + c;
      FloatVector g0 = FloatVector.fromArray(SPECIES, g, at);
      FloatVector g1 = FloatVector.fromArray(SPECIES, g, at + step);
      FloatVector g2 = FloatVector.fromArray(SPECIES, g, at + 2 * step);
      FloatVector g3 = FloatVector.fromArray(SPECIES, g, at + 3 * step);
      FloatVector k0 = FloatVector.fromArray(SPECIES, k, at);
      FloatVector k1 = FloatVector.fromArray(SPECIES, k, at + step);
      FloatVector k2 = FloatVector.fromArray(SPECIES, k, at + 2 * step);
      FloatVector k3 = FloatVector.fromArray(SPECIES, k, at + 3 * step);
      k0.mul(g0).intoArray(decayed, c);
      g0 = g0.mul(g1);
      k1.mul(g0).intoArray(decayed, c + step);
      g0 = g0.mul(g2);
      k2.mul(g0).intoArray(decayed, c + 2 * step);
      g0 = g0.mul(g3);
      k3.mul(g0).intoArray(decayed, c + 3 * step);
      k0 = k0.mul(g1);
      k10 = k0.fma(k1, k10);
      k0 = k0.mul(g2);
      k1 = k1.mul(g2);
      k20 = k0.fma(k2, k20);
      k21 = k1.fma(k2, k21);
      k0 = k0.mul(g3);
      k1 = k1.mul(g3);
      k2 = k2.mul(g3);
      k30 = k0.fma(k3, k30);
      k31 = k1.fma(k3, k31);
      k32 = k2.fma(k3, k32);
    }
    // See Lanes: reduceLanes would add in an order of the compiler's.
    if (LENGTH > 8) {
      k10 = k10.add(k10.rearrange(BY_8));
      k20 = k20.add(k20.rearrange(BY_8));
      k21 = k21.add(k21.rearrange(BY_8));
      k30 = k30.add(k30.rearrange(BY_8));
      k31 = k31.add(k31.rearrange(BY_8));
      k32 = k32.add(k32.rearrange(BY_8));
    }
    if (LENGTH > 4) {
      k10 = k10.add(k10.rearrange(BY_4));
      k20 = k20.add(k20.rearrange(BY_4));
      k21 = k21.add(k21.rearrange(BY_4));
      k30 = k30.add(k30.rearrange(BY_4));
      k31 = k31.add(k31.rearrange(BY_4));
      k32 = k32.add(k32.rearrange(BY_4));
    }
    k10 = k10.add(k10.rearrange(BY_2));
    k20 = k20.add(k20.rearrange(BY_2));
    k21 = k21.add(k21.rearrange(BY_2));
    k30 = k30.add(k30.rearrange(BY_2));
    k31 = k31.add(k31.rearrange(BY_2));
    k32 = k32.add(k32.rearrange(BY_2));
    products[0] = k10.add(k10.rearrange(BY_1)).lane(0);
    products[1] = k20.add(k20.rearrange(BY_1)).lane(0);
    products[2] = k21.add(k21.rearrange(BY_1)).lane(0);
    products[3] = k30.add(k30.rearrange(BY_1)).lane(0);
    products[4] = k31.add(k31.rearrange(BY_1)).lane(0);
    products[5] = k32.add(k32.rearrange(BY_1)).lane(0);
  }

  private void subtract(float[] v, int to, float[] share, int first) {
    FloatVector b0 = FloatVector.broadcast(SPECIES, share[first]);
    FloatVector b1 = FloatVector.broadcast(SPECIES, share[first + 1]);
    FloatVector b2 = FloatVector.broadcast(SPECIES, share[first + 2]);
    FloatVector b3 = FloatVector.broadcast(SPECIES, share[first + 3]);
    FloatVector k10 = FloatVector.broadcast(SPECIES, -products[0]);
    FloatVector k20 = FloatVector.broadcast(SPECIES, -products[1]);
    FloatVector k21 = FloatVector.broadcast(SPECIES, -products[2]);
    FloatVector k30 = FloatVector.broadcast(SPECIES, -products[3]);
    FloatVector k31 = FloatVector.broadcast(SPECIES, -products[4]);
    FloatVector k32 = FloatVector.broadcast(SPECIES, -products[5]);
    for (int e = 0; e < stride; e += LENGTH) {
      int at = to + e;
      FloatVector u0 =
          FloatVector.fromArray(SPECIES, v, at).sub(FloatVector.fromArray(SPECIES, read, e));
      u0 = u0.mul(b0);
      FloatVector u1 =
          FloatVector.fromArray(SPECIES, v, at + stride)
              .sub(FloatVector.fromArray(SPECIES, read, e + stride));
      u1 = k10.fma(u0, u1).mul(b1);
      FloatVector u2 =
          FloatVector.fromArray(SPECIES, v, at + 2 * stride)
              .sub(FloatVector.fromArray(SPECIES, read, e + 2 * stride));
      u2 = k20.fma(u0, k21.fma(u1, u2)).mul(b2);
      FloatVector u3 =
          FloatVector.fromArray(SPECIES, v, at + 3 * stride)
              .sub(FloatVector.fromArray(SPECIES, read, e + 3 * stride));
      u3 = k30.fma(u0, k31.fma(u1, k32.fma(u2, u3))).mul(b3);
      u0.intoArray(v, at);
      u1.intoArray(v, at + stride);
      u2.intoArray(v, at + 2 * stride);
      u3.intoArray(v, at + 3 * stride);
    }
  }
}
