package io.github.attention4j.onnx.conform;

import io.github.attention4j.api.Bias;
import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `Attention` of opsets 23 to 25, and `FlexAttention` that modifies nothing, as [Pairwise].
///
/// The scores of `qk_matmul_output` modes 0 to 2 are what the weights say of them: $s_{ij} = \ln
/// w_{ij} + \text{log-sum-exp}_i$, of a request that stops at that stage.
final class AttentionNode implements NodeMapping {
  @Override
  public Ran run(NodeTest test, NodeProto node, AttentionProvider provider) {
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        throw new RefusedException(
            node.getOpType()
                + ": its "
                + attribute.getName()
                + " is a graph, which no request holds");
      }
    }
    Tensor q = NodeMapping.tensor(test, node, 0);
    boolean packed = q.shape().rank() == 3;
    Tensor query = packed ? Arrange.split(q, NodeTest.integer(node, "q_num_heads", 1)) : q;
    long keyHeads = NodeTest.integer(node, "kv_num_heads", 1);
    Tensor key = NodeMapping.tensor(test, node, 1);
    Tensor value = NodeMapping.tensor(test, node, 2);
    if (packed) {
      key = Arrange.split(key, keyHeads);
      value = Arrange.split(value, keyHeads);
    }
    Tensor pastKey = NodeMapping.optional(test, node, 4);
    Tensor pastValue = NodeMapping.optional(test, node, 5);
    if (pastKey != null && pastValue != null) {
      key = Arrange.join(pastKey, key, 2);
      value = Arrange.join(pastValue, value, 2);
    }
    Inputs inputs = Inputs.of(query, key, value);
    NdArray lengths = test.input(node, 6);
    if (lengths instanceof LongTensor) {
      inputs = inputs.with(Inputs.LENGTHS, lengths);
    }
    NdArray mask = test.input(node, 3);
    if (mask != null) {
      inputs =
          inputs.with(
              mask instanceof BooleanTensor ? Inputs.MASK : Inputs.BIAS,
              padded(mask, key.shape().size(2)));
    }
    Pairwise pairwise = pairwise(node, inputs, pastKey == null ? 0 : pastKey.shape().size(2));
    long mode = NodeTest.integer(node, "qk_matmul_output_mode", 0);
    boolean shown = node.getOutputCount() > 3 && !node.getOutput(3).isEmpty();
    Request request = Request.of(pairwise);
    Executed executed =
        NodeMapping.execute(
            provider, shown && mode == 3 ? request.capture(Capture.WEIGHTS) : request, inputs);
    Result result = executed.result();
    Map<Integer, NdArray> outputs = new LinkedHashMap<>();
    outputs.put(0, packed ? Arrange.merge(result.output()) : result.output());
    outputs.put(1, key);
    outputs.put(2, value);
    if (shown) {
      outputs.put(
          3, mode == 3 ? result.weights() : scores(provider, stage(pairwise, mode), inputs));
    }
    return Ran.of(executed.device(), node, outputs);
  }

  private static Pairwise pairwise(NodeProto node, Inputs inputs, long past) {
    double scale = NodeTest.number(node, "scale", 0);
    Score score = scale == 0 ? Score.scaledDot() : Score.scaledDot(scale);
    double cap = NodeTest.number(node, "softcap", 0);
    List<Scope> scopes = new ArrayList<>();
    if (inputs.has(Inputs.MASK)) {
      scopes.add(Scope.mask());
    }
    boolean hasLengths = inputs.has(Inputs.LENGTHS);
    if (hasLengths) {
      scopes.add(Scope.lengths());
    }
    if (NodeTest.integer(node, "is_causal", 0) != 0) {
      scopes.add(Scope.causal());
    }
    long back = NodeTest.integer(node, "left_window_size", -1);
    long ahead = NodeTest.integer(node, "right_window_size", -1);
    if (back >= 0 || ahead >= 0) {
      scopes.add(Scope.window(back, ahead));
    }
    Pairwise pairwise =
        Pairwise.of(cap > 0 ? score.softcap(cap) : score)
            .placed(hasLengths ? new Placement.EndOfLength(Inputs.LENGTHS) : Placement.at(past));
    if (!scopes.isEmpty()) {
      pairwise = pairwise.within(scopes.size() == 1 ? scopes.getFirst() : new Scope.And(scopes));
    }
    return inputs.has(Inputs.BIAS) ? pairwise.plus(new Bias.Dense(Inputs.BIAS)) : pairwise;
  }

  /**
   * The request whose scores the mode asks for: 0 as multiplied, 1 under the softcap, 2 with
   * everything added.
   */
  private static Pairwise stage(Pairwise pairwise, long mode) {
    if (mode == 2) {
      return pairwise;
    }
    Score score = pairwise.score();
    return Pairwise.of(mode == 0 && score instanceof Score.Softcap capped ? capped.score() : score);
  }

  private static Tensor scores(AttentionProvider provider, Pairwise pairwise, Inputs inputs) {
    Request request = Request.of(pairwise).capture(Capture.WEIGHTS, Capture.LOG_SUM_EXP);
    Result result = NodeMapping.execute(provider, request, inputs).result();
    Tensor weights = result.weights();
    Tensor sums = result.tensor(Result.LOG_SUM_EXP);
    Tensor scores = Tensor.allocate(weights.shape());
    long keys = weights.shape().size(3);
    for (long i = 0; i < scores.shape().elements(); i++) {
      double weight = weights.at(i);
      scores.set(
          i,
          weight == 0 ? Float.NEGATIVE_INFINITY : (float) (Math.log(weight) + sums.at(i / keys)));
    }
    return scores;
  }

  /** A mask that is too short allows none of the keys that it does not reach. */
  private static NdArray padded(NdArray mask, long keys) {
    long length = mask.shape().size(-1);
    if (length == keys || length == 1) {
      return mask;
    }
    long[] shape = mask.shape().toArray();
    shape[shape.length - 1] = keys;
    long rows = mask.shape().elements() / Math.max(1, length);
    @Nullable BooleanTensor allowed =
        mask instanceof BooleanTensor ? BooleanTensor.allocate(shape) : null;
    Tensor added = Tensor.allocate(allowed == null ? shape : new long[] {0});
    for (long row = 0; row < rows; row++) {
      for (long k = 0; k < keys; k++) {
        long at = row * length + k;
        if (mask instanceof BooleanTensor from && allowed != null) {
          allowed.set(row * keys + k, k < length && from.at(at));
        } else if (mask instanceof Tensor from) {
          added.set(row * keys + k, k < length ? from.at(at) : Float.NEGATIVE_INFINITY);
        }
      }
    }
    return allowed == null ? added : allowed;
  }
}
