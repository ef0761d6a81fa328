package io.github.attention4j.cpu.peak;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Twelve chains of fused multiply-adds in registers. A chain is as slow as one instruction's
/// latency, so there must be latency x units of them (4 x 2 on present processors) and no more than
/// there are registers (16 on AVX2, of which two hold the factors).
public final class FusedMultiplyAdds {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int CHAINS = 12;
  private static final int STEPS = 1_000;

  /// So that the compiler has a method to compile and not one endless loop.
  private static final int CALLS = 1_000;

  private FusedMultiplyAdds() {}

  public static String describe() {
    return SPECIES.vectorBitSize() + "-bit fused multiply-add";
  }

  /// Operations of one thread in one run.
  public static double operations() {
    return 2.0 * CHAINS * STEPS * CALLS * SPECIES.length();
  }

  /// One run.
  public static double run(int thread) {
    double sum = thread;
    for (int call = 0; call < CALLS; call++) {
      sum += chains(0.001f + 1e-9f * call);
    }
    return sum;
  }

  /// The values stay near 1.
  private static float chains(float start) {
    FloatVector factor = FloatVector.broadcast(SPECIES, 0.999f);
    FloatVector term = FloatVector.broadcast(SPECIES, start);
    FloatVector a = term;
    FloatVector b = term;
    FloatVector c = term;
    FloatVector d = term;
    FloatVector e = term;
    FloatVector f = term;
    FloatVector g = term;
    FloatVector h = term;
    FloatVector i = term;
    FloatVector j = term;
    FloatVector k = term;
    FloatVector l = term;
    for (int step = 0; step < STEPS; step++) {
      a = a.fma(factor, term);
      b = b.fma(factor, term);
      c = c.fma(factor, term);
      d = d.fma(factor, term);
      e = e.fma(factor, term);
      f = f.fma(factor, term);
      g = g.fma(factor, term);
      h = h.fma(factor, term);
      i = i.fma(factor, term);
      j = j.fma(factor, term);
      k = k.fma(factor, term);
      l = l.fma(factor, term);
    }
    return a.add(b)
        .add(c)
        .add(d)
        .add(e)
        .add(f)
        .add(g)
        .add(h)
        .add(i)
        .add(j)
        .add(k)
        .add(l)
        .reduceLanes(VectorOperators.ADD);
  }
}
