package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Shape;
import io.github.attention4j.cpu.structure.Chain;
import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The stage *normalize* of a linear-chain CRF, [Normalizer.ChainCrf]: forward-backward over the
/// keys, a query in each lane.
///
/// Of the two labels only their odds are kept. With $e_j = e^{u_j}$ and $t_{ab} = e^{T_{ab}}$, the
/// odds of label 1 against 0 given the keys so far and given those to come are
///
/// $$o_j = e_j\, \frac{t_{01} + t_{11}\, o_{j-1}}{t_{00} + t_{10}\, o_{j-1}}, \qquad \beta_{j-1} =
/// \frac{t_{10} + t_{11}\, e_j \beta_j}{t_{00} + t_{01}\, e_j \beta_j}, \qquad p_j = \frac{o_j
/// \beta_j}{1 + o_j \beta_j}.$$
///
/// All are sums, products and quotients of positive numbers, in double precision. While scores and
/// transitions are within [#MOST_SCORE] and [#MOST_TRANSITION] no odds leave its range; a query for
/// which they are not is left to [Chain], which works with logarithms.
final class ChainStage {
  private static final float MOST_SCORE = 80;
  private static final float MOST_TRANSITION = 40;
  private static final VectorSpecies<Double> DOUBLES =
      VectorSpecies.of(double.class, SPECIES.vectorShape());
  private static final VectorSpecies<Float> HALF =
      VectorSpecies.of(float.class, VectorShape.forBitSize(SPECIES.vectorBitSize() / 2));

  private final Normalizer.ChainCrf crf;
  private final double[] transitions;
  private final boolean wild;

  /// Chains with these transitions.
  ChainStage(Normalizer.ChainCrf crf) {
    this.crf = crf;
    float[] logs = crf.transitions().toArray();
    transitions = new double[logs.length];
    boolean anyWild = false;
    for (int i = 0; i < logs.length; i++) {
      transitions[i] = Math.exp(logs[i]);
      anyWild |= !(Math.abs(logs[i]) <= MOST_TRANSITION);
    }
    wild = anyWild;
  }

  /// What one worker needs for it.
  final class Worker {
    private final Chain chain = new Chain(crf);
    private final double[] before = new double[Lanes.MAX_PANEL];
    private final double[] after = new double[Lanes.MAX_PANEL];
    private final double[] later = new double[Lanes.MAX_PANEL];
    private final long[] outside = new long[Lanes.MAX_VECTORS];
    private double[] odds = new double[0];
    private double[] steps = new double[0];
    private double[] scores = new double[0];
    private double[] marginals = new double[0];

    /// The log-partition of each lane, where it was asked for.
    final double[] logPartition = new double[Lanes.MAX_PANEL];

    /// Turns the scores of a panel into marginals; −∞ leaves a key out of its chain.
    ///
    /// @param s scores, `[keys][x.width]`
    /// @param p receives the marginals
    void run(Panel x, float[] s, float[] p, int keys, boolean partitions) {
      int width = x.width;
      if (odds.length < keys * Lanes.MAX_PANEL) {
        odds = new double[keys * Lanes.MAX_PANEL];
      }
      int step = place(x, keys);
      if (wild) {
        Arrays.fill(outside, -1L);
      } else {
        for (int v = 0; v < x.vectors; v++) {
          outside[v] = exponentials(s, p, v * LENGTH, keys * width, width);
        }
        Arrays.fill(before, 0, width, 1);
        forward(p, keys, width, steps, step, before, odds);
        if (partitions) {
          for (int lane = 0; lane < x.lanes; lane++) {
            logPartition[lane] = partition(s, lane, keys, width, step);
          }
        }
        Arrays.fill(after, 0, width, 0);
        Arrays.fill(later, 0, width, 0);
        backward(p, keys, width, steps, step, after, later, odds);
      }
      for (int g = 0; g < x.groups; g++) {
        for (int i = 0, lane = x.groupLane[g]; i < x.groupCount[g]; i++, lane++) {
          if ((outside[lane / LENGTH] >>> lane % LENGTH & 1) != 0) {
            logarithms(s, p, lane, keys, width, x.groupHead[g]);
          }
        }
      }
    }

    /// The transitions of each lane, `[keys or 1][4][width]`; elements from one key to the next.
    private int place(Panel x, int keys) {
      Shape shape = crf.transitions().shape();
      boolean perKey = shape.rank() == 4;
      boolean perHead = shape.rank() > 2 && shape.size(0) > 1;
      int ofHead = perKey ? 4 * (int) shape.size(1) : 4;
      // Nothing follows the last key.
      int count = perKey ? Math.min(keys, (int) shape.size(1)) : 1;
      int rows = perKey ? keys : 1;
      int step = 4 * x.width;
      if (steps.length < rows * 4 * Lanes.MAX_PANEL) {
        steps = new double[rows * 4 * Lanes.MAX_PANEL];
      }
      Arrays.fill(steps, 0, rows * step, 1);
      for (int g = 0; g < x.groups; g++) {
        int from = perHead ? x.groupHead[g] * ofHead : 0;
        for (int at = 0; at < 4 * count; at++) {
          int to = at * x.width + x.groupLane[g];
          Arrays.fill(steps, to, to + x.groupCount[g], transitions[from + at]);
        }
      }
      return perKey ? step : 0;
    }

    /// $\ln Z = \sum_j \ln(t_{00} + t_{10}\, o_j) + \ln(1 + o_n)$, products of as many as a double
    /// holds at a time.
    private double partition(float[] s, int lane, int keys, int width, int step) {
      double sum = 0;
      double product = 1;
      double last = Double.NaN;
      double end = 0;
      for (int j = 0; j < keys; j++) {
        if (s[j * width + lane] == Float.NEGATIVE_INFINITY) {
          continue;
        }
        if (!Double.isNaN(last)) {
          product *= last;
          if (product > 1e150 || product < 1e-150) {
            sum += Math.log(product);
            product = 1;
          }
        }
        double o = odds[j * width + lane];
        last = steps[j * step + lane] + steps[j * step + 2 * width + lane] * o;
        end = 1 + o;
      }
      return Double.isNaN(last)
          ? Double.NEGATIVE_INFINITY
          : sum + Math.log(product) + Math.log(end);
    }

    private void logarithms(float[] s, float[] p, int lane, int keys, int width, int head) {
      if (scores.length != keys) {
        scores = new double[keys];
        marginals = new double[keys];
      }
      for (int j = 0; j < keys; j++) {
        scores[j] = s[j * width + lane];
      }
      logPartition[lane] = chain.weigh(head, scores, marginals);
      for (int j = 0; j < keys; j++) {
        p[j * width + lane] = (float) marginals[j];
      }
    }
  }

  /// $e^s$ of one column, 0 for keys that are left out; the lanes that hold a score out of range.
  private static long exponentials(float[] s, float[] p, int column, int end, int width) {
    VectorMask<Float> wild = SPECIES.maskAll(false);
    for (int i = column; i < end; i += width) {
      FloatVector x = FloatVector.fromArray(SPECIES, s, i);
      VectorMask<Float> there = x.eq(Float.NEGATIVE_INFINITY).not();
      wild = wild.or(x.abs().compare(VectorOperators.LE, MOST_SCORE).not().and(there));
      // The square of half the way: no power of two on the way leaves the range of floats. Written
      // out, since a call would make objects of its vectors.
      FloatVector half = x.mul(0.5f);
      FloatVector n =
          half.fma(
              FloatVector.broadcast(SPECIES, Exponential.LOG2_E),
              FloatVector.broadcast(SPECIES, Exponential.ROUND_ONLY));
      FloatVector f =
          half.fma(
              FloatVector.broadcast(SPECIES, Exponential.LOG2_E),
              FloatVector.broadcast(SPECIES, Exponential.ROUND_ONLY).sub(n));
      FloatVector e = FloatVector.broadcast(SPECIES, Exponential.P6);
      e = e.fma(f, FloatVector.broadcast(SPECIES, Exponential.P5));
      e = e.fma(f, FloatVector.broadcast(SPECIES, Exponential.P4));
      e = e.fma(f, FloatVector.broadcast(SPECIES, Exponential.P3));
      e = e.fma(f, FloatVector.broadcast(SPECIES, Exponential.P2));
      e = e.fma(f, FloatVector.broadcast(SPECIES, Exponential.P1));
      e = e.fma(f, FloatVector.broadcast(SPECIES, 1f));
      e =
          e.reinterpretAsInts()
              .add(n.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
              .reinterpretAsFloats();
      FloatVector.zero(SPECIES).blend(e.mul(e), there).intoArray(p, i);
    }
    return wild.toLong();
  }

  private static void forward(
      float[] e, int keys, int width, double[] t, int step, double[] before, double[] odds) {
    int half = DOUBLES.length();
    for (int j = 0, at = 0, from = 0; j < keys; j++, from += step) {
      for (int lane = 0; lane < width; lane += half, at += half) {
        DoubleVector x =
            (DoubleVector)
                FloatVector.fromArray(HALF, e, at).convertShape(VectorOperators.F2D, DOUBLES, 0);
        DoubleVector prior = DoubleVector.fromArray(DOUBLES, before, lane);
        DoubleVector o = prior.mul(x);
        o.intoArray(odds, at);
        DoubleVector t00 = DoubleVector.fromArray(DOUBLES, t, from + lane);
        DoubleVector t01 = DoubleVector.fromArray(DOUBLES, t, from + width + lane);
        DoubleVector t10 = DoubleVector.fromArray(DOUBLES, t, from + 2 * width + lane);
        DoubleVector t11 = DoubleVector.fromArray(DOUBLES, t, from + 3 * width + lane);
        DoubleVector next = o.fma(t11, t01).div(o.fma(t10, t00));
        prior.blend(next, x.compare(VectorOperators.NE, 0)).intoArray(before, lane);
      }
    }
  }

  private static void backward(
      float[] e,
      int keys,
      int width,
      double[] t,
      int step,
      double[] after,
      double[] later,
      double[] odds) {
    int half = DOUBLES.length();
    DoubleVector one = DoubleVector.broadcast(DOUBLES, 1);
    for (int j = keys - 1; j >= 0; j--) {
      int from = j * step;
      for (int lane = 0, at = j * width; lane < width; lane += half, at += half) {
        DoubleVector x =
            (DoubleVector)
                FloatVector.fromArray(HALF, e, at).convertShape(VectorOperators.F2D, DOUBLES, 0);
        VectorMask<Double> there = x.compare(VectorOperators.NE, 0);
        DoubleVector g = DoubleVector.fromArray(DOUBLES, after, lane);
        DoubleVector follows = DoubleVector.fromArray(DOUBLES, later, lane);
        DoubleVector t00 = DoubleVector.fromArray(DOUBLES, t, from + lane);
        DoubleVector t01 = DoubleVector.fromArray(DOUBLES, t, from + width + lane);
        DoubleVector t10 = DoubleVector.fromArray(DOUBLES, t, from + 2 * width + lane);
        DoubleVector t11 = DoubleVector.fromArray(DOUBLES, t, from + 3 * width + lane);
        DoubleVector ratio = g.fma(t11, t10).div(g.fma(t01, t00));
        DoubleVector beta = one.blend(ratio, follows.compare(VectorOperators.NE, 0));
        DoubleVector both = DoubleVector.fromArray(DOUBLES, odds, at).mul(beta);
        ((FloatVector) both.div(both.add(one)).convertShape(VectorOperators.D2F, HALF, 0))
            .intoArray(e, at);
        g.blend(x.mul(beta), there).intoArray(after, lane);
        follows.blend(one, there).intoArray(later, lane);
      }
    }
  }
}
