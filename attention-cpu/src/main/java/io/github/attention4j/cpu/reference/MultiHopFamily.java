package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.MultiHop;
import io.github.attention4j.cpu.plan.HopInputs;
import java.util.Set;

/// [MultiHop]: hops over given memories.
final class MultiHopFamily {
  private MultiHopFamily() {}

  static Outcome run(MultiHop mechanism, Set<Capture> captures, Arguments arguments) {
    HopInputs inputs = HopInputs.of(mechanism, arguments.inputs());
    DoubleArray query = arguments.doubles(Inputs.QUERY);
    DoubleArray memoryKey = arguments.doubles(HopInputs.MEMORY_KEY);
    DoubleArray memoryValue = arguments.doubles(HopInputs.MEMORY_VALUE);
    Hops hops = new Hops(inputs.hops(), inputs.batch(), inputs.memories(), inputs.size());
    for (int b = 0; b < inputs.batch(); b++) {
      hops.start(b, query.row(b));
      for (int hop = 0; hop < inputs.hops(); hop++) {
        double[] u = hops.state(hop, b);
        double[] o =
            hops.read(
                hop, b, memoryKey.rows(hop, b), memoryValue.rows(hop, b), inputs.scope().keys(b));
        Vectors.add(u, 1, o);
        hops.next(hop, b, u);
      }
    }
    return hops.outcome(captures);
  }
}
