package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Shape;

/// The inputs of one run of [io.github.attention4j.api.Mechanism.NtmAddressing], checked.
///
/// @param batch entries of the batch
/// @param heads heads that address the memory
/// @param slots of the memory
/// @param size of a slot
/// @param maxShift the largest shift, so that there are 2 maxShift + 1 of them
/// @param writes whether the memory is written
public record NtmInputs(int batch, int heads, int slots, int size, int maxShift, boolean writes) {
  /// The name of the memory, as input and as result.
  public static final String MEMORY = "memory";

  /// Checks the inputs of a run.
  ///
  /// @throws IllegalArgumentException if one is missing or does not fit
  public static NtmInputs of(Inputs inputs) {
    Expect.rank(MEMORY, inputs.tensor(MEMORY), "[batch, slots, size]", 3);
    Shape memory = inputs.tensor(MEMORY).shape();
    long batch = memory.size(0);
    Expect.shape(
        Inputs.QUERY,
        inputs.tensor(Inputs.QUERY),
        "[batch, heads, size]",
        batch,
        Expect.ANY,
        memory.size(2));
    long heads = inputs.tensor(Inputs.QUERY).shape().size(1);
    for (String name : new String[] {"beta", "gate", "gamma"}) {
      Expect.shape(name, inputs.tensor(name), "[batch, heads]", batch, heads);
    }
    Expect.shape(
        "previous",
        inputs.tensor("previous"),
        "[batch, heads, slots]",
        batch,
        heads,
        memory.size(1));
    Expect.shape(
        "shift",
        inputs.tensor("shift"),
        "[batch, heads, 2 maxShift + 1]",
        batch,
        heads,
        Expect.ANY);
    int shifts = inputs.tensor("shift").shape().intSize(2);
    if (shifts % 2 != 1) {
      throw new IllegalArgumentException(
          "shift: expected an odd number of shifts (last axis), got " + shifts);
    }
    boolean writes = inputs.has("erase") || inputs.has("add");
    if (writes) {
      for (String name : new String[] {"erase", "add"}) {
        Expect.shape(
            name, inputs.tensor(name), "[batch, heads, size]", batch, heads, memory.size(2));
      }
    }
    return new NtmInputs(
        (int) batch,
        Math.toIntExact(heads),
        memory.intSize(1),
        memory.intSize(2),
        shifts / 2,
        writes);
  }
}
