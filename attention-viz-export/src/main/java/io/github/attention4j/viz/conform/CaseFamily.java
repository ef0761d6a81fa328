package io.github.attention4j.viz.conform;

import io.github.attention4j.api.NdArray;
import java.util.Map;

/**
 * Maps the cases of one mechanism to a request or a network, runs it, and names the results as the
 * cases do.
 */
@FunctionalInterface
interface CaseFamily {
  /**
   * Computes what the case expects, as far as the provider can.
   *
   * @throws NotUnderstoodException if the case asks for something the mapping does not know
   * @throws RefusedException if the provider cannot run it
   */
  Map<String, NdArray> compute(CaseInputs golden, Execution on);
}
