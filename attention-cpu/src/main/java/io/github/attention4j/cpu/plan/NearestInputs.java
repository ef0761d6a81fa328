package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.NearestKeys;
import io.github.attention4j.api.Tensor;

/// The inputs of one run of [NearestKeys], checked.
///
/// @param heads queries, local keys and values
/// @param memoryHeads heads of the memory: 1, or a divisor of the query heads
/// @param memory how many keys the memory holds
/// @param count how many of them a query uses: at most `topK`
public record NearestInputs(HeadInputs heads, int memoryHeads, int memory, int count) {
  /// The name of the memory's keys.
  public static final String MEMORY_KEY = "memory_key";

  /// The name of the memory's values.
  public static final String MEMORY_VALUE = "memory_value";

  /// Checks the inputs of a run.
  ///
  /// @throws IllegalArgumentException if one is missing or does not fit
  public static NearestInputs of(NearestKeys mechanism, Inputs inputs) {
    HeadInputs heads = HeadInputs.of(inputs);
    Tensor key = inputs.tensor(MEMORY_KEY);
    Tensor value = inputs.tensor(MEMORY_VALUE);
    Expect.shape(
        MEMORY_KEY,
        key,
        "[batch, heads or 1, memory, keySize]",
        heads.batch(),
        Expect.ANY,
        Expect.ANY,
        heads.keySize());
    int memoryHeads = key.shape().intSize(1);
    if (memoryHeads < 1 || heads.queryHeads() % memoryHeads != 0) {
      throw new IllegalArgumentException(
          MEMORY_KEY
              + ": expected 1 head or a divisor of the "
              + heads.queryHeads()
              + " of query, got "
              + key.describe());
    }
    Expect.shape(
        MEMORY_VALUE,
        value,
        "[batch, heads or 1, memory, valueSize]",
        heads.batch(),
        memoryHeads,
        key.shape().size(2),
        heads.valueSize());
    Expect.equal("gate", "heads", heads.queryHeads(), mechanism.gate().shape().size(0));
    int memory = key.shape().intSize(2);
    return new NearestInputs(heads, memoryHeads, memory, Math.min(mechanism.topK(), memory));
  }

  /// The memory head that a query head reads.
  public int memoryHead(int queryHead) {
    return queryHead / (heads.queryHeads() / memoryHeads);
  }
}
