package io.github.attention4j.onnx.runtime;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Tensor;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/// A run without queries or keys. The vocabulary defines it, ONNX Runtime does not: its reductions
/// over nothing keep the axis, its products over nothing leave memory as it was. So what does not
/// depend on the missing positions is computed with one position of zeros in their place, and the
/// rest has its defined value.
final class EmptyRun {
  /// Stages that read the queries alone or the keys alone.
  private static final Set<String> ONE_SIDED =
      Set.of("q_rot", "k_rot", "k_projected", "v_projected");

  private static final String STATE = "state";

  private EmptyRun() {}

  /// Whether a run without queries or keys needs care: a memory that is read as well is none of
  /// these.
  static boolean covers(Mechanism mechanism) {
    return switch (mechanism) {
      case Mechanism.Pairwise _,
          Mechanism.LowRank _,
          Mechanism.Landmark _,
          Mechanism.LongConvolution _,
          Mechanism.Linearized _,
          Mechanism.Recurrent _ ->
          true;
      case Mechanism.Memory _ -> false;
    };
  }

  /// The request to compute what remains with: one key in place of none must not be allowed, and
  /// one position more moves no other.
  static Request substitute(Request request, Inputs inputs) {
    Mechanism mechanism =
        switch (request.mechanism()) {
          case Mechanism.Linearized(var features, var scope) when !hasLengths(scope) ->
              new Mechanism.Linearized(features, scope.and(Scope.lengths()));
          case Mechanism.Pairwise pairwise when pairwise.placement() instanceof Placement.End ->
              pairwise.placed(
                  Placement.at(
                      inputs.get(Inputs.KEY).shape().size(-2)
                          - inputs.get(Inputs.QUERY).shape().size(-2)));
          case Mechanism other -> other;
        };
    return new Request(mechanism, request.captures());
  }

  private static boolean hasLengths(Scope scope) {
    return scope instanceof Scope.Lengths
        || (scope instanceof Scope.And(var all) && all.stream().anyMatch(EmptyRun::hasLengths));
  }

  /// Whether [#fill] leaves something to compute.
  static boolean leavesSomething(Mechanism mechanism, Map<String, NdArray> outputs) {
    return mechanism instanceof Mechanism.Linearized
        || outputs.entrySet().stream()
            .anyMatch(output ->
                ONE_SIDED.contains(output.getKey()) && output.getValue().shape().elements() > 0);
  }

  /// The inputs with one position of zeros where there is none, and the lengths of [#substitute].
  static Inputs padded(Inputs inputs) {
    Inputs padded = inputs;
    for (String name : inputs.names()) {
      NdArray array = inputs.get(name);
      if (array.shape().elements() == 0) {
        long[] sizes =
            IntStream.range(0, array.shape().rank())
                .mapToLong(axis -> Math.max(array.shape().size(axis), 1))
                .toArray();
        padded =
            padded.with(
                name,
                switch (array) {
                  case Tensor _ -> Tensor.allocate(sizes);
                  case LongTensor _ -> LongTensor.allocate(sizes);
                  case BooleanTensor _ -> BooleanTensor.allocate(sizes);
                });
      }
    }
    if (!inputs.has(Inputs.LENGTHS)) {
      NdArray key = inputs.get(Inputs.KEY);
      LongTensor lengths = LongTensor.allocate(key.shape().size(0));
      for (long b = 0; b < lengths.shape().elements(); b++) {
        lengths.set(b, key.shape().size(-2));
      }
      padded = padded.with(Inputs.LENGTHS, lengths);
    }
    return padded;
  }

  /// Outputs and weights are 0, the log-sum-exp −∞, best keys −1, a state what it was.
  static void fill(Inputs inputs, Map<String, NdArray> outputs) {
    outputs.forEach((name, array) -> {
      if (array instanceof LongTensor ids) {
        for (long i = 0; i < ids.shape().elements(); i++) {
          ids.set(i, -1);
        }
      } else if (name.equals(STATE) && inputs.has(STATE)) {
        array.segment().copyFrom(inputs.get(STATE).segment());
      } else {
        array.segment().fill((byte) 0);
        if (name.equals(Result.LOG_SUM_EXP) && array instanceof Tensor tensor) {
          for (long i = 0; i < tensor.shape().elements(); i++) {
            tensor.set(i, Float.NEGATIVE_INFINITY);
          }
        }
      }
    });
  }

  /// Takes over what does not depend on the missing positions.
  static void take(Mechanism mechanism, Result computed, Map<String, NdArray> outputs) {
    outputs.forEach((name, array) -> {
      boolean independent =
          mechanism instanceof Mechanism.Linearized
              ? !name.equals(Result.POOLED)
              : ONE_SIDED.contains(name);
      if (independent && array.shape().equals(computed.get(name).shape())) {
        array.segment().copyFrom(computed.get(name).segment());
      }
    });
  }
}
