package io.github.attention4j.cpu.mechanism;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;

import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Mechanism.Linearized;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.Lanes;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.PrefixScope;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One key head's walk along the sequence, in chunks of keys: their features join the state,
/// queries read it.
///
/// The state is kept in float64 and read in float32; chunks are summed in float32. Behind its rows
/// are the sums of the features, $\sum_j \phi(k_j)$, for the denominators. When causal, the pairs
/// within a chunk are attended quadratically.
///
/// Exponential features are kept as $e^{x - M}$ with a running maximum $M$ of all keys so far, and
/// each query is shifted by its own maximum: both cancel. A query whose denominator still vanishes
/// in float32 (its large features meet only small ones) is computed again by [LogFeatureRows].
final class LinearizedWalk {
  static final int CHUNK = 64;

  /// Queries of a chunk that are attended together: they do not see its last keys.
  private static final int BAND = 32;

  /// Below this share of what a denominator can be, digits are lost to underflow.
  private static final float VANISHED = 1e-28f;

  private final LinearizedKernel.Run run;
  private final HeadInputs heads;
  private final PrefixScope scope;
  private final FeatureMap map;
  private final int features;
  private final int projections;
  private final int size;
  private final int valueSize;
  private final int columns;

  /// Where the sums of the features start in the state.
  private final int featureSums;

  private final float[] vectors;
  private final float[] turned;
  private final float[] omega;
  private final float[] omegaTurned;
  private int omegaHead = -1;
  private final float[] phiK;
  private final float[] phiQ;
  private final float[] logK;
  private final float[] values;
  private final float[] pairs;
  private final float[] sums;
  private final float[] chunkState;
  private final float[] readState;
  private final double[] state;
  private final float[] shiftQ = new float[CHUNK];
  private @Nullable LogFeatureRows exact;
  private final double[] exactOutput;
  private double maximum;
  private boolean finiteValues;

  LinearizedWalk(Linearized mechanism, LinearizedKernel.Run run, LinearizedArrays arrays) {
    this.run = run;
    heads = run.in().heads();
    scope = run.in().scope();
    map = mechanism.features();
    features = run.in().features();
    size = heads.keySize();
    valueSize = heads.valueSize();
    projections = map instanceof FeatureMap.FavorPlus favor ? favor.omega().shape().intSize(-2) : 0;
    columns = Lanes.roundUp(valueSize, LENGTH);
    featureSums = features * columns;
    vectors = arrays.vectors;
    turned = arrays.turned;
    omega = arrays.omega;
    omegaTurned = arrays.omegaTurned;
    phiK = arrays.phiK;
    phiQ = arrays.phiQ;
    logK = arrays.logK;
    values = arrays.values;
    pairs = arrays.pairs;
    sums = arrays.sums;
    chunkState = arrays.chunkState;
    readState = arrays.readState;
    state = arrays.state;
    exactOutput = arrays.exactOutput;
  }

  private LogFeatureRows exact() {
    LogFeatureRows rows = exact;
    if (rows == null) {
      rows = new LogFeatureRows(map, run.in(), run.before());
      exact = rows;
    }
    return rows;
  }

  /// Walks along a key head, for all query heads that read it.
  void run(int b, int keyHead) {
    start(b, keyHead);
    int group = heads.queryHeads() / heads.keyHeads();
    int keys = scope.keys(b);
    int steps = scope.causal() ? Math.max(keys, heads.queries()) : keys;
    for (int first = 0; first < steps; first += CHUNK) {
      int count = Math.clamp(keys - (long) first, 0, CHUNK);
      if (count > 0) {
        keyFeatures(b, keyHead, first, count);
        readValues(b, keyHead, first, count);
      }
      if (scope.causal()) {
        int queries = Math.clamp(heads.queries() - (long) first, 0, CHUNK);
        for (int h = keyHead * group; h < (keyHead + 1) * group && queries > 0; h++) {
          queries(b, h, first, queries, count);
        }
      }
      if (count > 0) {
        join(count);
      }
    }
    for (int first = 0; !scope.causal() && first < heads.queries(); first += CHUNK) {
      int queries = Math.min(CHUNK, heads.queries() - first);
      for (int h = keyHead * group; h < (keyHead + 1) * group; h++) {
        queries(b, h, first, queries, 0);
      }
    }
    finish(b, keyHead);
    stageKeys(b, keyHead);
  }

  private void start(int b, int keyHead) {
    Arrays.fill(state, 0);
    Arrays.fill(readState, 0f);
    maximum = map instanceof FeatureMap.EluPlusOne ? 0 : Double.NEGATIVE_INFINITY;
    LinearizedKernel.State before = run.before();
    if (before != null) {
      // What was summed before is not shifted.
      maximum = 0;
      long from = ((long) b * heads.keyHeads() + keyHead) * features;
      for (int r = 0; r < features; r++) {
        for (int e = 0; e < valueSize; e++) {
          state[r * columns + e] = before.s().at((from + r) * valueSize + e);
        }
        state[featureSums + r] = before.z().at(from + r);
      }
      round();
    }
    if (map instanceof FeatureMap.FavorPlus favor) {
      prepareOmega(favor.omega(), keyHead);
    }
  }

  private void prepareOmega(Tensor directions, int head) {
    int own = directions.shape().rank() == 3 ? head : 0;
    if (own == omegaHead) {
      return;
    }
    omegaHead = own;
    Floats.read(directions, (long) own * projections * size, omega, 0, projections * size);
    float root = (float) Math.pow(size, -0.25);
    for (int i = 0; i < omega.length; i++) {
      omega[i] *= root;
    }
    Floats.transpose(
        omega, size, projections, size, omegaTurned, Lanes.roundUp(projections, LENGTH));
  }

  private void readValues(int b, int keyHead, int first, int count) {
    long from = (((long) b * heads.keyHeads() + keyHead) * heads.keys() + first) * valueSize;
    Floats.readRows(heads.value(), from, values, count, valueSize, columns);
    finiteValues = Floats.finite(values, 0, count * columns);
  }

  /// The features of a chunk of keys, `[features][CHUNK]`, zeros behind `count`.
  private void keyFeatures(int b, int keyHead, int first, int count) {
    readVectors(heads.key(), ((long) b * heads.keyHeads() + keyHead) * heads.keys() + first, count);
    if (map instanceof FeatureMap.EluPlusOne) {
      for (int j = 0; j < count; j++) {
        Floats.eluPlusOne(vectors, j * size, vectors, j * size, size);
      }
      Arrays.fill(phiK, 0f);
      Floats.transpose(vectors, size, count, size, phiK, CHUNK);
      return;
    }
    Arrays.fill(turned, 0f);
    Floats.transpose(vectors, size, count, size, turned, CHUNK);
    Arrays.fill(logK, 0, projections * CHUNK, 0f);
    Product.add(
        omega,
        0,
        size,
        turned,
        CHUNK,
        logK,
        CHUNK,
        projections,
        size,
        Lanes.roundUp(count, LENGTH));
    float[] shift = shifts(count);
    float largest = Floats.addRow(logK, 1, shift, phiK, 0, projections, CHUNK);
    if (features > projections) {
      int negative = projections * CHUNK;
      largest =
          Math.max(largest, Floats.addRow(logK, -1, shift, phiK, negative, projections, CHUNK));
    }
    if (largest > maximum) {
      rescale(largest);
    }
    Floats.exponentials(phiK, 0, features * CHUNK, (float) maximum);
  }

  /// $-|x'|^2 / 2 - \ln \sqrt{\text{features}}$ of the vectors at hand, −∞ where there is none.
  private float[] shifts(int count) {
    double root = Math.sqrt(size);
    double constant = Math.log(features) / 2;
    for (int j = 0; j < count; j++) {
      double squares = 0;
      for (int c = 0; c < size; c++) {
        double x = vectors[j * size + c];
        squares += x * x;
      }
      shiftQ[j] = (float) (-squares / (2 * root) - constant);
    }
    Arrays.fill(shiftQ, count, CHUNK, Float.NEGATIVE_INFINITY);
    return shiftQ;
  }

  private void rescale(double largest) {
    double shrink = Math.exp(maximum - largest);
    maximum = largest;
    for (int i = 0; i < state.length; i++) {
      state[i] *= shrink;
    }
    round();
  }

  private void round() {
    for (int i = 0; i < state.length; i++) {
      readState[i] = (float) state[i];
    }
  }

  /// The chunk's keys and values join the state.
  private void join(int count) {
    Arrays.fill(chunkState, 0f);
    Product.add(phiK, 0, CHUNK, values, columns, chunkState, columns, features, count, columns);
    for (int r = 0; r < features; r++) {
      chunkState[featureSums + r] = Floats.sum(phiK, r * CHUNK, count);
    }
    for (int i = 0; i < state.length; i++) {
      state[i] += chunkState[i];
      readState[i] = (float) state[i];
    }
  }

  /// The outputs of a chunk of queries, from the state and the first `keys` of the chunk at hand.
  private void queries(int b, int h, int first, int count, int keys) {
    long row = ((long) b * heads.queryHeads() + h) * heads.queries() + first;
    readVectors(heads.query(), row, count);
    queryFeatures(count, row);
    Arrays.fill(sums, 0, count * columns, 0f);
    int stride = queryStride();
    Product.add(phiQ, 0, stride, readState, columns, sums, columns, count, features, columns);
    if (keys > 0) {
      for (int from = 0; from < count; from += BAND) {
        attendChunk(from, Math.min(BAND, count - from), keys);
      }
    }
    for (int i = 0; i < count; i++) {
      float norm =
          Floats.dot(phiQ, i * stride, readState, featureSums, features)
              + Floats.sum(pairs, i * CHUNK, Math.min(i + 1, keys));
      if (norm < VANISHED && (run.before() != null || scope.visible(b, first + i) > 0)) {
        exact().weigh(b, h, first + i, exactOutput);
        for (int e = 0; e < valueSize; e++) {
          sums[i * columns + e] = (float) exactOutput[e];
        }
      } else if (norm != 0) {
        for (int e = 0; e < valueSize; e++) {
          sums[i * columns + e] /= norm;
        }
      }
      Floats.write(sums, i * columns, valueSize, run.output(), (row + i) * valueSize);
    }
  }

  /// What the queries `from` to `from + count` - 1 of a chunk get from its keys up to themselves.
  private void attendChunk(int from, int count, int keys) {
    int stride = queryStride();
    int seen = Math.min(keys, from + count);
    int width = Lanes.roundUp(seen, LENGTH);
    int at = from * CHUNK;
    Arrays.fill(pairs, at, at + count * CHUNK, 0f);
    Product.add(phiQ, from * stride, stride, phiK, CHUNK, pairs, at, CHUNK, count, features, width);
    for (int i = from; i < from + count; i++) {
      Arrays.fill(pairs, i * CHUNK + Math.min(i + 1, keys), (i + 1) * CHUNK, 0f);
    }
    if (finiteValues) {
      int to = from * columns;
      Product.add(pairs, at, CHUNK, values, columns, sums, to, columns, count, seen, columns);
      return;
    }
    // A weight of 0 times NaN would be NaN: what a query does not see is not read.
    for (int i = from; i < from + count; i++) {
      for (int j = 0; j < Math.min(i + 1, keys); j++) {
        Floats.add(sums, i * columns, pairs[i * CHUNK + j], values, j * columns, columns);
      }
    }
  }

  private int queryStride() {
    return phiQ.length / CHUNK;
  }

  /// The features of a chunk of queries, each shifted by its maximum.
  private void queryFeatures(int count, long row) {
    int stride = queryStride();
    if (map instanceof FeatureMap.EluPlusOne) {
      for (int i = 0; i < count; i++) {
        Floats.eluPlusOne(vectors, i * size, phiQ, i * stride, size);
      }
      stage(run.phiQ(), row, phiQ, stride, count);
      return;
    }
    Arrays.fill(phiQ, 0f);
    Product.add(
        vectors,
        0,
        size,
        omegaTurned,
        Lanes.roundUp(projections, LENGTH),
        phiQ,
        stride,
        count,
        size,
        Lanes.roundUp(projections, LENGTH));
    boolean both = features > projections;
    for (int i = 0; i < count; i++) {
      int at = i * stride;
      for (int r = 0; both && r < projections; r++) {
        phiQ[at + projections + r] = -phiQ[at + r];
      }
    }
    if (run.phiQ() != null) {
      float[] shift = shifts(count);
      float[] raw = new float[count * features];
      for (int i = 0; i < count; i++) {
        for (int r = 0; r < features; r++) {
          raw[i * features + r] = (float) Math.exp(phiQ[i * stride + r] + shift[i]);
        }
      }
      stage(run.phiQ(), row, raw, features, count);
    }
    for (int i = 0; i < count; i++) {
      int at = i * stride;
      Floats.exponentials(phiQ, at, features, Floats.largest(phiQ, at, features));
    }
  }

  private void readVectors(Tensor from, long row, int count) {
    Floats.read(from, row * size, vectors, 0, count * size);
  }

  private void stage(@Nullable Tensor into, long row, float[] rows, int stride, int count) {
    for (int i = 0; into != null && i < count; i++) {
      Floats.write(rows, i * stride, features, into, (row + i) * features);
    }
  }

  /// The plain features of all keys, those behind the length too.
  private void stageKeys(int b, int keyHead) {
    Tensor into = run.phiK();
    if (into == null) {
      return;
    }
    long head = ((long) b * heads.keyHeads() + keyHead) * heads.keys();
    float[] row = new float[features];
    for (int j = 0; j < heads.keys(); j++) {
      readVectors(heads.key(), head + j, 1);
      if (map instanceof FeatureMap.EluPlusOne) {
        Floats.eluPlusOne(vectors, 0, row, 0, size);
      } else {
        float shift = shifts(1)[0];
        for (int r = 0; r < projections; r++) {
          float x = Floats.dot(omega, r * size, vectors, 0, size);
          row[r] = (float) Math.exp(x + shift);
          if (features > projections) {
            row[projections + r] = (float) Math.exp(-x + shift);
          }
        }
      }
      Floats.write(row, 0, features, into, (head + j) * features);
    }
  }

  private void finish(int b, int keyHead) {
    LinearizedKernel.State after = run.after();
    if (after == null) {
      return;
    }
    double scale = maximum == Double.NEGATIVE_INFINITY ? 0 : Math.exp(maximum);
    long from = ((long) b * heads.keyHeads() + keyHead) * features;
    for (int r = 0; r < features; r++) {
      for (int e = 0; e < valueSize; e++) {
        after.s().set((from + r) * valueSize + e, (float) (scale * state[r * columns + e]));
      }
      after.z().set(from + r, (float) (scale * state[featureSums + r]));
    }
  }
}
