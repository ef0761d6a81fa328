package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Mechanism;
import java.util.Set;

/// Where each mechanism is computed.
final class Families {
  private Families() {}

  static Outcome run(Mechanism mechanism, Set<Capture> captures, Arguments arguments) {
    return switch (mechanism) {
      case Mechanism.Pairwise pairwise -> PairwiseFamily.run(pairwise, captures, arguments);
      case Mechanism.Linearized linearized -> LinearizedFamily.run(linearized, captures, arguments);
      case Mechanism.Recurrent recurrent -> RecurrentFamily.run(recurrent, captures, arguments);
      case Mechanism.LowRank lowRank -> LowRankFamily.run(lowRank, captures, arguments);
      case Mechanism.Landmark landmark -> LandmarkFamily.run(landmark, captures, arguments);
      case Mechanism.LongConvolution convolution ->
          ConvolutionFamily.run(convolution, captures, arguments);
      case Mechanism.NtmAddressing() -> NtmFamily.run(captures, arguments);
      case Mechanism.NearestKeys nearest -> NearestKeysFamily.run(nearest, captures, arguments);
      case Mechanism.MultiHop hop -> MultiHopFamily.run(hop, captures, arguments);
      case Mechanism.WordMemory words -> WordMemoryFamily.run(words, captures, arguments);
      case Mechanism.ProductKeys products -> ProductKeysFamily.run(products, captures, arguments);
    };
  }
}
