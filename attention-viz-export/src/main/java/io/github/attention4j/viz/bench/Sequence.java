package io.github.attention4j.viz.bench;

import io.github.attention4j.api.Tensor;

/// The same queries, keys and values for every mechanism: waves over the positions, as of
/// sinusoidal position embeddings, plus noise. So a query scores keys near it higher, values change
/// slowly along the sequence, and a mechanism that leaves pairs out or averages them shows what
/// that costs.
///
/// @param length positions
/// @param query `[1, HEADS, length, SIZE]`
/// @param key as `query`
/// @param value as `query`
record Sequence(long length, Tensor query, Tensor key, Tensor value) {
  /// Heads of each.
  static final int HEADS = 2;

  /// Size of a vector.
  static final int SIZE = 64;

  private static final float NOISE = 0.7f;

  /// The sequence of this length.
  static Sequence of(long length) {
    return new Sequence(length, waves(21, length, 0), waves(22, length, 0), waves(23, length, 1));
  }

  private static Tensor waves(long seed, long length, double phase) {
    Tensor array = RandomArrays.tensor(seed, 1, HEADS, length, SIZE);
    long at = 0;
    for (int h = 0; h < HEADS; h++) {
      for (long i = 0; i < length; i++) {
        for (int c = 0; c < SIZE; c += 2) {
          double angle = i / Math.pow(10_000, (double) c / SIZE) + phase * (h + c);
          array.set(at, NOISE * array.at(at) + (float) Math.sin(angle));
          array.set(at + 1, NOISE * array.at(at + 1) + (float) Math.cos(angle));
          at += 2;
        }
      }
    }
    return array;
  }

  /// The vectors of head 0, over and over: `sizes` ends in `length, SIZE`.
  static Tensor firstHead(Tensor array, long... sizes) {
    Tensor result = Tensor.allocate(sizes);
    long one = array.shape().size(2) * array.shape().size(3);
    for (long i = 0; i < result.shape().elements(); i++) {
      result.set(i, array.at(i % one));
    }
    return result;
  }

  /// Heads side by side as channels, `[1, length, HEADS * SIZE]`.
  static Tensor channels(Tensor array) {
    long length = array.shape().size(2);
    Tensor result = Tensor.allocate(1, length, (long) HEADS * SIZE);
    long to = 0;
    for (long i = 0; i < length; i++) {
      for (long h = 0; h < HEADS; h++) {
        for (long c = 0; c < SIZE; c++) {
          result.set(to++, array.at((h * length + i) * SIZE + c));
        }
      }
    }
    return result;
  }

  /// One more vector of zeros before the others, in every head: the root of trees.
  static Tensor rooted(Tensor array) {
    long length = array.shape().size(2);
    Tensor result = Tensor.allocate(1, HEADS, length + 1, SIZE);
    for (long h = 0; h < HEADS; h++) {
      for (long i = 0; i < length * SIZE; i++) {
        result.set((h * (length + 1) + 1) * SIZE + i, array.at(h * length * SIZE + i));
      }
    }
    return result;
  }
}
