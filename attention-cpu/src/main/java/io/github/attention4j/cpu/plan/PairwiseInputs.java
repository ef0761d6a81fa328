package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Bias;
import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import java.util.Arrays;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// The inputs of one run of a [Pairwise], checked against its description: sizes, positions, and
/// every array its terms read.
///
/// After construction nothing about the inputs is left to check; all of it is immutable but the
/// contents of the arrays.
public final class PairwiseInputs {
  private final Pairwise mechanism;
  private final Inputs inputs;
  private final @Nullable Tensor query;
  private final @Nullable Tensor key;
  private final Tensor value;
  private final int batch;
  private final int queryHeads;
  private final int keyHeads;
  private final int queries;
  private final int keys;
  private final int querySize;
  private final int keySize;
  private final int valueSize;
  private final long[] offsets;
  private final ScopeTest scope;

  /// Checks the inputs of a run.
  ///
  /// @throws IllegalArgumentException if an input is missing or does not fit; names it, what was
  ///   expected and what came
  public PairwiseInputs(Pairwise mechanism, Inputs inputs) {
    this.mechanism = mechanism;
    this.inputs = inputs;
    value = inputs.tensor(Inputs.VALUE);
    Expect.rank(Inputs.VALUE, value, "[batch, keyHeads, keys, valueSize]", 4);
    batch = value.shape().intSize(0);
    keyHeads = value.shape().intSize(1);
    keys = value.shape().intSize(2);
    valueSize = value.shape().intSize(3);
    if (innermost(mechanism.score()) instanceof Score.Given(String scores)) {
      query = null;
      key = null;
      querySize = 0;
      keySize = 0;
      Tensor given = inputs.tensor(scores);
      Expect.shape(
          scores, given, "[batch, heads, queries, keys]", batch, Expect.ANY, Expect.ANY, keys);
      queryHeads = given.shape().intSize(1);
      queries = given.shape().intSize(2);
    } else {
      Tensor q = inputs.tensor(Inputs.QUERY);
      Tensor k = inputs.tensor(Inputs.KEY);
      Expect.shape(
          Inputs.QUERY,
          q,
          "[batch, queryHeads, queries, keySize]",
          batch,
          Expect.ANY,
          Expect.ANY,
          Expect.ANY);
      Expect.shape(
          Inputs.KEY, k, "[batch, keyHeads, keys, keySize]", batch, keyHeads, keys, Expect.ANY);
      query = q;
      key = k;
      queryHeads = q.shape().intSize(1);
      queries = q.shape().intSize(2);
      querySize = q.shape().intSize(3);
      keySize = k.shape().intSize(3);
      Expect.atLeast(Inputs.KEY, "keySize", 1, keySize);
    }
    Expect.grouped(queryHeads, keyHeads);
    offsets = offsets(mechanism.placement());
    checkScore(mechanism.score());
    mechanism.biases().forEach(this::checkBias);
    checkNormalizer(mechanism.normalizer());
    scope = ScopeTest.of(mechanism.scope(), this);
  }

  private static Score innermost(Score score) {
    return switch (score) {
      case Score.Softcap(Score inner, double _) -> innermost(inner);
      case Score.Rotary(Score inner, double _, int _, boolean _, var _) -> innermost(inner);
      case Score.Dot _,
          Score.ScaledDot _,
          Score.Additive _,
          Score.Bilinear _,
          Score.Cosine _,
          Score.Given _ ->
          score;
    };
  }

  private long[] offsets(Placement placement) {
    long[] all = new long[batch];
    switch (placement) {
      case Placement.Start(long offset) -> Arrays.fill(all, offset);
      case Placement.End() -> Arrays.fill(all, (long) keys - queries);
      case Placement.EndOfLength(String name) -> {
        long[] lengths = lengths(name);
        Arrays.setAll(all, b -> lengths[b] - queries);
      }
    }
    return all;
  }

  private void checkScore(Score score) {
    switch (score) {
      case Score.Dot _, Score.ScaledDot _, Score.Cosine _ ->
          Expect.equal(Inputs.QUERY, "keySize (last axis)", keySize, querySize);
      case Score.Additive(Tensor w, Tensor u, Tensor _) -> {
        if (w.shape().rank() == 3) {
          checkHeads("score.query", w.shape().size(0), false);
        }
        Expect.equal("score.query", "queryKeySize (last axis)", querySize, w.shape().size(-1));
        Expect.equal("score.key", "keySize (last axis)", keySize, u.shape().size(-1));
      }
      case Score.Bilinear(Tensor w) -> {
        if (w.shape().rank() == 3) {
          checkHeads("score.weight", w.shape().size(0), false);
        }
        Expect.equal("score.weight", "queryKeySize (axis -2)", querySize, w.shape().size(-2));
        Expect.equal("score.weight", "keySize (last axis)", keySize, w.shape().size(-1));
      }
      case Score.Given _ -> {}
      case Score.Softcap(Score inner, double _) -> checkScore(inner);
      case Score.Rotary rotary -> {
        checkScore(rotary.score());
        Expect.atLeast(Inputs.QUERY, "keySize", rotary.size(), querySize);
        Expect.atLeast(Inputs.KEY, "keySize", rotary.size(), keySize);
        rotary
            .positions()
            .ifPresent(name -> {
              Expect.equal(Inputs.QUERY, "queries = keys", keys, queries);
              Expect.shape(name, inputs.longs(name), "[batch, length]", batch, queries);
            });
      }
    }
  }

  private void checkBias(Bias bias) {
    switch (bias) {
      case Bias.Dense(String input) -> broadcast(input, inputs.tensor(input));
      case Bias.Alibi(Tensor slopes) -> checkHeads("slopes", slopes.shape().size(0), false);
      case Bias.RelativeBuckets(Tensor table, boolean _, int _) ->
          checkHeads("table", table.shape().size(1), false);
    }
  }

  private void checkNormalizer(Normalizer normalizer) {
    switch (normalizer) {
      case Normalizer.Softmax _, Normalizer.Sparsemax _, Normalizer.Entmax15 _ -> {}
      case Normalizer.ChainCrf(Tensor transitions) -> {
        Shape shape = transitions.shape();
        if (shape.rank() >= 3) {
          checkHeads("transitions", shape.size(0), shape.rank() == 4);
        }
        if (shape.rank() == 4) {
          Expect.equal("transitions", "keys - 1 (axis 1)", Math.max(keys - 1, 0), shape.size(1));
        }
      }
      case Normalizer.NonProjectiveTree _, Normalizer.ProjectiveTree _ ->
          Expect.equal(
              Inputs.VALUE, "keys = queries + 1, the root symbol first:", queries + 1L, keys);
    }
  }

  /// Refuses a parameter for another number of query heads.
  ///
  /// @param oneForAll whether 1 is also right
  void checkHeads(String name, long actual, boolean oneForAll) {
    if (actual != queryHeads && !(oneForAll && actual == 1)) {
      throw new IllegalArgumentException(
          name
              + ": expected "
              + (oneForAll ? "1 head or " : "")
              + queryHeads
              + " heads as query, got "
              + actual);
    }
  }

  /// The lengths in an int64 input `[batch]`, each from 0 to the number of keys.
  public long[] lengths(String name) {
    return PrefixScope.read(name, inputs, batch, keys);
  }

  /// The offsets in an int64 input `[sequences + 1]`, ascending.
  public long[] offsets(String name) {
    LongTensor given = inputs.longs(name);
    Expect.rank(name, given, "[sequences + 1]", 1);
    long[] offsets = given.toArray();
    for (int s = 1; s < offsets.length; s++) {
      if (offsets[s] < offsets[s - 1]) {
        throw new IllegalArgumentException(
            name
                + ": expected ascending numbers, got "
                + offsets[s]
                + " after "
                + offsets[s - 1]
                + " at ["
                + s
                + "]");
      }
    }
    return offsets;
  }

  /// The strides of an array that is broadcast to `[batch, queryHeads, queries, keys]`.
  public Broadcast broadcast(String name, NdArray array) {
    return Broadcast.of(name, array, batch, queryHeads, queries, keys);
  }

  /// A bool input `[batch, keys]`.
  public BooleanTensor globalKeys(String name) {
    BooleanTensor marked = inputs.booleans(name);
    Expect.shape(name, marked, "[batch, keys]", batch, keys);
    return marked;
  }

  /// A bool input `[batch, length]`, indexed by position.
  public BooleanTensor globalQueries(String name) {
    BooleanTensor marked = inputs.booleans(name);
    Expect.shape(name, marked, "[batch, length]", batch, Expect.ANY);
    return marked;
  }

  /// A bool input that [#broadcast] accepts.
  public BooleanTensor mask(String name) {
    BooleanTensor mask = inputs.booleans(name);
    broadcast(name, mask);
    return mask;
  }

  /// The positions that rotate queries and keys, if an input gives them.
  public @Nullable LongTensor rotaryPositions(Score.Rotary rotary) {
    return rotary.positions().map(inputs::longs).orElse(null);
  }

  /// A given scale, or $1/\sqrt{\text{keySize}}$.
  public double scale(OptionalDouble given) {
    return given.orElse(1 / Math.sqrt(keySize));
  }

  /// What the inputs were checked against.
  public Pairwise mechanism() {
    return mechanism;
  }

  /// All inputs.
  public Inputs inputs() {
    return inputs;
  }

  /// Whether scores are an input, so that there are no queries and keys.
  public boolean scoresAreGiven() {
    return query == null;
  }

  /// `[batch, queryHeads, queries, querySize]`.
  ///
  /// @throws IllegalStateException if the scores are given, so that there are no queries
  public Tensor query() {
    return present(query);
  }

  /// `[batch, keyHeads, keys, keySize]`.
  ///
  /// @throws IllegalStateException if the scores are given, so that there are no keys
  public Tensor key() {
    return present(key);
  }

  private static Tensor present(@Nullable Tensor vectors) {
    if (vectors == null) {
      throw new IllegalStateException("scores are given: queries and keys are not read");
    }
    return vectors;
  }

  /// `[batch, keyHeads, keys, valueSize]`.
  public Tensor value() {
    return value;
  }

  /// Entries of the batch; may be 0, as may the numbers of queries and keys.
  public int batch() {
    return batch;
  }

  /// Heads of the queries, at least 1.
  public int queryHeads() {
    return queryHeads;
  }

  /// Heads of keys and values; divides [#queryHeads].
  public int keyHeads() {
    return keyHeads;
  }

  /// The key head that a query head reads.
  public int keyHead(int queryHead) {
    return queryHead / (queryHeads / keyHeads);
  }

  /// Queries per head.
  public int queries() {
    return queries;
  }

  /// Keys per head.
  public int keys() {
    return keys;
  }

  /// Elements of a query; equals [#keySize] but for additive and bilinear scores, 0 where scores
  /// are given.
  public int querySize() {
    return querySize;
  }

  /// Elements of a key; 0 where scores are given.
  public int keySize() {
    return keySize;
  }

  /// Elements of a value; may be 0.
  public int valueSize() {
    return valueSize;
  }

  /// The position of query 0.
  public long offset(int b) {
    return offsets[b];
  }

  /// The position of a query.
  public long position(int b, int i) {
    return offsets[b] + i;
  }

  /// Which keys are in scope.
  public ScopeTest scope() {
    return scope;
  }
}
