package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.MAX_PANEL;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import io.github.attention4j.api.Bias;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.plan.Broadcast;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/// A [Bias] added to the scores of a tile.
abstract class BiasStage {
  /// The stage of a bias whose parameters are all in its description; of others, for one run.
  static BiasStage of(Bias bias, PairwiseInputs inputs) {
    return switch (bias) {
      case Bias.Dense(String input) -> {
        Tensor array = inputs.inputs().tensor(input);
        yield new Dense(array.segment(), inputs.broadcast(input, array), true);
      }
      case Bias.Alibi(Tensor slopes) -> new Alibi(slopes, inputs);
      case Bias.RelativeBuckets relative -> new Relative(relative, inputs);
    };
  }

  /// Adds to `x.s`.
  abstract void apply(Panel x);

  /// Given numbers: added as a bias, or put there as scores.
  static final class Dense extends BiasStage {
    private final MemorySegment segment;
    private final Broadcast strides;
    private final boolean add;

    Dense(MemorySegment segment, Broadcast strides, boolean add) {
      this.segment = segment;
      this.strides = strides;
      this.add = add;
    }

    @Override
    void apply(Panel x) {
      for (int g = 0; g < x.groups; g++) {
        for (int i = 0; i < x.groupCount[g]; i++) {
          long from = strides.index(x.batch, x.groupHead[g], x.groupFirst[g] + i, 0);
          int at = x.groupLane[g] + i;
          if (add) {
            add(x, from, at);
          } else {
            for (int row = 0; row < x.rows; row++) {
              x.s[row * x.width + at] = get(from + x.keys[row] * strides.key());
            }
          }
        }
      }
    }

    private void add(Panel x, long from, int lane) {
      for (int row = 0; row < x.rows; row++) {
        int at = row * x.width + lane;
        float bias = get(from + x.keys[row] * strides.key());
        // −∞ masks whatever the key holds.
        x.s[at] = bias == Float.NEGATIVE_INFINITY ? bias : x.s[at] + bias;
      }
    }

    private float get(long index) {
      return segment.getAtIndex(ValueLayout.JAVA_FLOAT, index);
    }
  }

  /// $-m_h |p - j|$.
  private static final class Alibi extends BiasStage {
    private final float[] slopes;
    private final PairwiseInputs inputs;

    Alibi(Tensor slopes, PairwiseInputs inputs) {
      this.slopes = slopes.toArray();
      this.inputs = inputs;
    }

    @Override
    void apply(Panel x) {
      // Distances count from the first lane's query, so that they are exact in float32.
      long base = inputs.position(x.batch, x.groupFirst[0]);
      for (int g = 0; g < x.groups; g++) {
        for (int i = 0; i < x.groupCount[g]; i++) {
          int lane = x.groupLane[g] + i;
          x.lane[lane] = inputs.position(x.batch, x.groupFirst[g] + i) - base;
          x.alpha[lane] = -slopes[x.groupHead[g]];
        }
      }
      for (int at = 0; at < x.width; at += LENGTH) {
        FloatVector position = FloatVector.fromArray(SPECIES, x.lane, at);
        FloatVector slope = FloatVector.fromArray(SPECIES, x.alpha, at);
        for (int row = 0, to = at; row < x.rows; row++, to += x.width) {
          FloatVector distance = position.sub((float) (x.keys[row] - base)).abs();
          distance.fma(slope, FloatVector.fromArray(SPECIES, x.s, to)).intoArray(x.s, to);
        }
      }
    }
  }

  /// $T_{\text{bucket}(j - p), h}$, laid out by distance.
  private static final class Relative extends BiasStage {
    private final PairwiseInputs inputs;
    private final int reach;
    private final float[][] heads;

    Relative(Bias.RelativeBuckets bias, PairwiseInputs inputs) {
      this.inputs = inputs;
      // Distances from maxDistance on share a bucket, and none is longer than the positions allow.
      long longest = 0;
      for (int b = 0; b < inputs.batch(); b++) {
        long low = inputs.position(b, 0);
        long high = low + inputs.queries();
        longest = Math.max(longest, Math.max(Math.abs(high), Math.abs(low - inputs.keys())));
      }
      reach = Math.toIntExact(Math.min(bias.maxDistance(), longest));
      int count = inputs.queryHeads();
      heads = new float[count][2 * (reach + MAX_PANEL) + 1];
      for (int x = -reach - MAX_PANEL; x <= reach + MAX_PANEL; x++) {
        int bucket = bias.bucket(-Math.clamp((long) x, -reach, reach));
        for (int h = 0; h < count; h++) {
          heads[h][x + reach + MAX_PANEL] = bias.table().at((long) bucket * count + h);
        }
      }
    }

    @Override
    void apply(Panel x) {
      for (int g = 0; g < x.groups; g++) {
        float[] table = heads[x.groupHead[g]];
        long first = inputs.position(x.batch, x.groupFirst[g]);
        for (int row = 0; row < x.rows; row++) {
          long distance = Math.clamp(first - x.keys[row], -reach - MAX_PANEL, reach);
          int from = (int) distance + reach + MAX_PANEL;
          int to = row * x.width + x.groupLane[g];
          if (x.groups == 1) {
            for (int at = 0; at < x.width; at += LENGTH) {
              FloatVector.fromArray(SPECIES, x.s, to + at)
                  .add(FloatVector.fromArray(SPECIES, table, from + at))
                  .intoArray(x.s, to + at);
            }
          } else {
            for (int i = 0; i < x.groupCount[g]; i++) {
              x.s[to + i] += table[from + i];
            }
          }
        }
      }
    }
  }
}
