package io.github.attention4j.api.network;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// One operation of a [Network], with its parameters. A small closed set: a layer no shipped model
/// needs is not here.
///
/// Activations are float32 `[batch, length, channels]` unless a layer says otherwise. `past` is the
/// number of positions a [Program.Session] has consumed before the current step; 0 in a plain run.
public sealed interface Layer {

  /// $y = x W^\top + b$ over the last axis, any rank.
  ///
  /// @param weight $W$, `[out, in]`
  /// @param bias $b$, `[out]`
  record Linear(Tensor weight, Optional<Tensor> bias) implements Layer {
    public Linear {
      rank("weight", weight, 2);
      bias.ifPresent(b -> size("bias", b, weight.shape().size(0)));
    }
  }

  /// Rows of a table by id, times a factor: int64 `[batch, length]` to `[batch, length, size]`.
  ///
  /// @param table `[vocabulary, size]`; an id outside is an [IllegalArgumentException] on CPU
  ///   providers
  /// @param scale the factor, 1 for none
  record Embedding(Tensor table, double scale) implements Layer {
    public Embedding {
      rank("table", table, 2);
    }
  }

  /// Adds row `past + offset + i` of a table to position $i$.
  ///
  /// @param table `[positions, channels]`; a length beyond it is an [IllegalArgumentException]
  /// @param offset of the first row
  record AddPositions(Tensor table, int offset) implements Layer {
    public AddPositions {
      rank("table", table, 2);
    }
  }

  /// $y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \circ w + b$ over the last axis (Ba et al.
  /// 2016), population variance.
  ///
  /// @param weight $w$, `[channels]`
  /// @param bias $b$, `[channels]`
  /// @param epsilon $\epsilon$
  record LayerNorm(Tensor weight, Tensor bias, double epsilon) implements Layer {
    public LayerNorm {
      rank("weight", weight, 1);
      size("bias", bias, weight.shape().size(0));
    }
  }

  /// $y = \frac{x}{\sqrt{\operatorname{mean}(x^2) + \epsilon}} \circ w$ over the last axis (Zhang &
  /// Sennrich 2019).
  ///
  /// @param weight $w$, `[channels]`
  /// @param epsilon $\epsilon$
  record RmsNorm(Tensor weight, double epsilon) implements Layer {
    public RmsNorm {
      rank("weight", weight, 1);
    }
  }

  /// A function element by element, any rank.
  ///
  /// @param function which
  record Activate(Activation function) implements Layer {}

  /// Convolution along the length: `[batch, length, in]` to `[batch, ⌊(length + 2 padding − taps) /
  /// stride⌋ + 1, out]`; cross-correlation as in PyTorch.
  ///
  /// @param weight `[out, in, taps]`
  /// @param bias `[out]`
  /// @param stride at least 1
  /// @param padding zeros on both sides
  record Convolution1d(Tensor weight, Optional<Tensor> bias, int stride, int padding)
      implements Layer {
    public Convolution1d {
      rank("weight", weight, 3);
      bias.ifPresent(b -> size("bias", b, weight.shape().size(0)));
    }
  }

  /// Non-overlapping patches of an image, each projected: float32 `[batch, in, height, width]` to
  /// `[batch, patches, out]`, patches row by row; rows and columns that fill no patch are dropped.
  ///
  /// @param weight `[out, in, patch height, patch width]`
  /// @param bias `[out]`
  record Patches(Tensor weight, Optional<Tensor> bias) implements Layer {
    public Patches {
      rank("weight", weight, 4);
      bias.ifPresent(b -> size("bias", b, weight.shape().size(0)));
    }
  }

  /// A causal convolution per channel, lag-indexed: $y_t = \sum_{s=0}^{\text{taps}-1} h_s x_{t-s}$.
  /// In a session it goes on from the earlier steps, unless its input comes from an [Append] and so
  /// is there from the first position on.
  ///
  /// @param filter $h$, `[channels, taps]`
  record ShortConvolution(Tensor filter) implements Layer {
    public ShortConvolution {
      rank("filter", filter, 2);
    }
  }

  /// The Hyena recurrence; node inputs are $x^1, …, x^N$, $v$, each `[batch, length, channels]`. In
  /// a session it goes on from the earlier steps, as [ShortConvolution].
  ///
  /// @param operator with filters `[order, channels, taps]`
  record Hyena(Mechanism.LongConvolution operator) implements Layer {}

  /// Multi-head attention of projected vectors: query `[batch, queries, heads * keySize]`, key
  /// `[batch, keys, keyHeads * keySize]`, value `[batch, keys, keyHeads * valueSize]` to `[batch,
  /// queries, heads * valueSize]`. Head $h$ owns the contiguous channels from $h \cdot
  /// \text{size}$.
  ///
  /// @param heads query heads
  /// @param keyHeads heads of keys and values; divides `heads`
  /// @param mechanism what attends; its default scale is by `keySize`
  /// @param extras the names of further inputs the mechanism reads; the node's inputs are query,
  ///   key, value, then these
  /// @param label what the weights are, for traces
  record Attend(int heads, int keyHeads, Mechanism mechanism, List<String> extras, MapLabel label)
      implements Layer {
    public Attend {
      extras = List.copyOf(extras);
      if (keyHeads < 1 || heads < keyHeads || heads % keyHeads != 0) {
        throw new IllegalArgumentException(
            "keyHeads: expected a divisor of heads " + heads + ", got " + keyHeads);
      }
    }
  }

  /// What a session remembers: everything this node was given so far, joined along the length,
  /// `[batch, past + length, channels]`. In a plain run: the input itself. The state is named after
  /// the node.
  ///
  /// @param channels of the input, so that an empty state has a shape
  record Append(int channels) implements Layer {}

  /// Rotates pairs of each head's leading elements by tables of angles; see
  /// [io.github.attention4j.api.Score.Rotary]. Input `[batch, length, heads * keySize]`, and
  /// optionally int64 positions `[batch, length]`; without, position $i$ is `past + i`.
  ///
  /// @param heads in the channels
  /// @param interleaved which elements make a pair
  /// @param cos `[positions, size / 2]`
  /// @param sin `[positions, size / 2]`
  record Rotate(int heads, boolean interleaved, Tensor cos, Tensor sin) implements Layer {
    public Rotate {
      rank("cos", cos, 2);
      if (!cos.shape().equals(sin.shape())) {
        throw new IllegalArgumentException(
            "sin: expected the shape of cos, " + cos.shape() + ", got " + sin.shape());
      }
    }

    /// Tables for the first `positions` positions, angles in float64.
    public static Rotate of(int heads, boolean interleaved, double base, int size, int positions) {
      int pairs = size / 2;
      float[] cos = new float[positions * pairs];
      float[] sin = new float[positions * pairs];
      for (int p = 0; p < positions; p++) {
        for (int t = 0; t < pairs; t++) {
          double angle = p * Math.pow(base, -2.0 * t / size);
          cos[p * pairs + t] = (float) Math.cos(angle);
          sin[p * pairs + t] = (float) Math.sin(angle);
        }
      }
      return new Rotate(
          heads, interleaved, Tensor.of(cos, positions, pairs), Tensor.of(sin, positions, pairs));
    }
  }

  /// The sum of two inputs of equal shape.
  record Add() implements Layer {}

  /// The product of two inputs of equal shape, element by element.
  record Multiply() implements Layer {}

  /// The input times a number.
  ///
  /// @param factor the number
  record Scale(double factor) implements Layer {}

  /// The sum of the input and a constant that is broadcast from the right.
  ///
  /// @param constant such as `[channels]` or `[length, channels]`
  record AddConstant(Tensor constant) implements Layer {}

  /// Puts constant vectors before the first position of every batch entry (a class token, latent
  /// queries).
  ///
  /// @param tokens `[count, channels]`
  record Prepend(Tensor tokens) implements Layer {
    public Prepend {
      rank("tokens", tokens, 2);
    }
  }

  /// The same constant `[count, channels]` for every entry of the batch: reads only the batch size
  /// of its input.
  ///
  /// @param tokens `[count, channels]`
  record Repeat(Tensor tokens) implements Layer {
    public Repeat {
      rank("tokens", tokens, 2);
    }
  }

  /// One position of each sequence: `[batch, length, channels]` to `[batch, channels]`.
  ///
  /// @param index of the position; negative counts from the end
  record Position(int index) implements Layer {}

  /// For each sequence the position an int64 input `[batch]` names: inputs `x` and the indices, to
  /// `[batch, channels]`.
  record PositionAt() implements Layer {}

  /// Where a token is: int64 ids `[batch, length]` to int64 `[batch]`, the first position of `id`,
  /// or of the largest id. A sequence without `id` gives 0.
  ///
  /// @param id empty for the largest
  record Locate(OptionalLong id) implements Layer {}

  /// The positions that hold something: int64 `[batch, length]` to bool `[batch, 1, 1, length]`,
  /// true where the value is not `excluded`. As input of [io.github.attention4j.api.Scope.Mask] it
  /// masks keys.
  ///
  /// @param excluded the id of padding; 0 for an attention mask of zeros and ones
  record KeyMask(long excluded) implements Layer {}

  /// Where integers are others than one: int64 of any shape to bool of the same shape. As input of
  /// [io.github.attention4j.api.Scope.GlobalKeys] and
  /// [io.github.attention4j.api.Scope.GlobalQueries] it marks tokens.
  ///
  /// @param value the one; 0 for an array of zeros and ones
  record Differs(long value) implements Layer {}

  /// Exchanges length and channels: `[batch, a, b]` to `[batch, b, a]`.
  record Transpose() implements Layer {}

  /// The mean over the length: `[batch, length, channels]` to `[batch, channels]`.
  record Mean() implements Layer {}

  /// Divides by the Euclidean norm over the last axis, any rank.
  record Normalize() implements Layer {}

  /// All dot products of two sets of vectors, times a factor: `[a, channels]` and `[b, channels]`
  /// to `[a, b]`.
  ///
  /// @param factor such as CLIP's exponentiated logit scale
  record Similarity(double factor) implements Layer {}

  /// Some of the channels: `[..., channels]` to `[..., to - from]`.
  ///
  /// @param from first, inclusive
  /// @param to last, exclusive
  record Channels(int from, int to) implements Layer {
    public Channels {
      if (from < 0 || to < from) {
        throw new IllegalArgumentException(
            "to: expected at least from " + from + " and from >= 0, got " + to);
      }
    }
  }

  /// Joins two or more inputs along the channels.
  record Concatenate() implements Layer {}

  /// Position by position one of two inputs: a bool mask `[batch, length]`, `x` where true, `y`
  /// where false.
  record Choose() implements Layer {}

  /// An int64 constant of any shape, such as the token types of a model without that input.
  ///
  /// @param value the constant
  record Constant(LongTensor value) implements Layer {}

  private static void rank(String name, NdArray array, int rank) {
    if (array.shape().rank() != rank) {
      throw new IllegalArgumentException(
          name + ": expected rank " + rank + ", got " + array.describe());
    }
  }

  private static void size(String name, NdArray array, long size) {
    if (array.shape().rank() != 1 || array.shape().size(0) != size) {
      throw new IllegalArgumentException(
          name + ": expected shape [" + size + "], got " + array.describe());
    }
  }
}
