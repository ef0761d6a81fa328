package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.MultiHop;
import io.github.attention4j.api.Shape;

/// The inputs of one run of a [MultiHop], checked.
///
/// @param hops how often the memory is read
/// @param batch entries of the batch
/// @param memories how many there are
/// @param size of a memory
/// @param scope how many memories are valid
public record HopInputs(int hops, int batch, int memories, int size, PrefixScope scope) {
  /// The name of $m$.
  public static final String MEMORY_KEY = "memory_key";

  /// The name of $c$.
  public static final String MEMORY_VALUE = "memory_value";

  /// Checks the inputs of a run.
  ///
  /// @throws IllegalArgumentException if one is missing or does not fit
  public static HopInputs of(MultiHop mechanism, Inputs inputs) {
    Expect.rank(Inputs.QUERY, inputs.tensor(Inputs.QUERY), "[batch, size]", 2);
    Shape query = inputs.tensor(Inputs.QUERY).shape();
    Expect.shape(
        MEMORY_KEY,
        inputs.tensor(MEMORY_KEY),
        "[hops, batch, memories, size]",
        Expect.ANY,
        query.size(0),
        Expect.ANY,
        query.size(1));
    Shape memory = inputs.tensor(MEMORY_KEY).shape();
    Expect.shape(
        MEMORY_VALUE,
        inputs.tensor(MEMORY_VALUE),
        "[hops, batch, memories, size]",
        memory.toArray());
    return new HopInputs(
        memory.intSize(0),
        memory.intSize(1),
        memory.intSize(2),
        memory.intSize(3),
        PrefixScope.of(mechanism.scope(), inputs, memory.intSize(1), memory.intSize(2)));
  }
}
