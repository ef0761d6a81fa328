package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Tensor;
import java.util.OptionalDouble;

/// Queries, keys and values of one run, checked against each other: what mechanisms need that have
/// no biases and placements.
///
/// @param query `[batch, queryHeads, queries, keySize]`
/// @param key `[batch, keyHeads, keys, keySize]`
/// @param value `[batch, keyHeads, keys, valueSize]`
public record HeadInputs(Tensor query, Tensor key, Tensor value) {

  /// Checks the inputs of a run.
  ///
  /// @throws IllegalArgumentException if one is missing or does not fit
  public static HeadInputs of(Inputs inputs) {
    Tensor query = inputs.tensor(Inputs.QUERY);
    Tensor key = inputs.tensor(Inputs.KEY);
    Tensor value = inputs.tensor(Inputs.VALUE);
    Expect.rank(Inputs.QUERY, query, "[batch, queryHeads, queries, keySize]", 4);
    Expect.atLeast(Inputs.QUERY, "keySize (last axis)", 1, query.shape().size(3));
    Expect.shape(
        Inputs.KEY,
        key,
        "[batch, keyHeads, keys, keySize]",
        query.shape().size(0),
        Expect.ANY,
        Expect.ANY,
        query.shape().size(3));
    Expect.shape(
        Inputs.VALUE,
        value,
        "[batch, keyHeads, keys, valueSize]",
        query.shape().size(0),
        key.shape().size(1),
        key.shape().size(2),
        Expect.ANY);
    Expect.grouped(query.shape().size(1), key.shape().size(1));
    return new HeadInputs(query, key, value);
  }

  /// Refuses queries and keys of different lengths.
  public void checkOneLength() {
    Expect.equal(Inputs.KEY, "as many keys as queries,", queries(), keys());
  }

  /// Entries of the batch.
  public int batch() {
    return query.shape().intSize(0);
  }

  /// Heads of the queries.
  public int queryHeads() {
    return query.shape().intSize(1);
  }

  /// Heads of keys and values.
  public int keyHeads() {
    return key.shape().intSize(1);
  }

  /// The key head that a query head reads.
  public int keyHead(int queryHead) {
    return queryHead / (queryHeads() / keyHeads());
  }

  /// Queries per head.
  public int queries() {
    return query.shape().intSize(2);
  }

  /// Keys per head.
  public int keys() {
    return key.shape().intSize(2);
  }

  /// Elements of a query and of a key.
  public int keySize() {
    return query.shape().intSize(3);
  }

  /// Elements of a value.
  public int valueSize() {
    return value.shape().intSize(3);
  }

  /// A given scale, or $1/\sqrt{\text{keySize}}$.
  public double scale(OptionalDouble given) {
    return given.orElse(1 / Math.sqrt(keySize()));
  }

  /// Refuses a parameter `[heads, rows, columns]` for another number of heads; one of rank 2 serves
  /// all.
  public static void checkHeads(String name, Tensor parameter, int heads) {
    if (parameter.shape().rank() == 3) {
      Expect.equal(name, "heads", heads, parameter.shape().size(0));
    }
  }
}
