package io.github.attention4j.cpu.network;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.cpu.kernel.Engine;
import io.github.attention4j.cpu.kernel.RowKernels;
import io.github.attention4j.cpu.kernel.WorkerPool;
import java.util.OptionalLong;
import java.util.Set;

/// Compiles layers: what can be done before a run (packing weights, copying parameters to arrays)
/// is done here.
final class Operations {
  /// Elements that one thread works on at least where neighbours do not matter.
  private static final int PIECE = 1 << 14;

  private final AttentionProvider provider;
  private final Engine engine;
  private final Set<String> continuing;

  /// @param provider prepares the mechanisms that have no layer of their own
  /// @param continuing the convolutions that go on from earlier steps in a session
  Operations(AttentionProvider provider, Engine engine, Set<String> continuing) {
    this.provider = provider;
    this.engine = engine;
    this.continuing = continuing;
  }

  /// The operation of a node.
  ///
  /// @param map whether an attention node also leaves its weights in the context
  Operation of(Network.Node node, boolean map) {
    return switch (node.layer()) {
      case Layer.Linear linear -> MatrixOperations.linear(linear);
      case Layer.Embedding(Tensor table, double scale) ->
          PositionOperations.embedding(table, scale);
      case Layer.AddPositions(Tensor table, int offset) ->
          PositionOperations.addPositions(table, offset);
      case Layer.LayerNorm(Tensor weight, Tensor bias, double epsilon) ->
          layerNorm(weight.toArray(), bias.toArray(), epsilon);
      case Layer.RmsNorm(Tensor weight, double epsilon) -> rmsNorm(weight.toArray(), epsilon);
      case Layer.Activate(Activation function) -> activate(function);
      case Layer.Convolution1d convolution -> MatrixOperations.convolution1d(convolution);
      case Layer.Patches patches -> MatrixOperations.patches(patches);
      case Layer.ShortConvolution(Tensor filter) ->
          HyenaOperation.shortConvolution(node.name(), filter, continuing.contains(node.name()));
      case Layer.Hyena(var operator) ->
          new HyenaOperation(provider, node.name(), operator, continuing.contains(node.name()));
      case Layer.Attend attend -> new AttendOperation(provider, engine, node.name(), attend, map);
      case Layer.Append(int channels) -> PositionOperations.append(node.name(), channels);
      case Layer.Rotate rotate -> PositionOperations.rotate(rotate);
      case Layer.Add() -> combine(false);
      case Layer.Multiply() -> combine(true);
      case Layer.Scale(double factor) -> scale((float) factor);
      case Layer.AddConstant(Tensor constant) -> JoinOperations.addConstant(constant);
      case Layer.Prepend(Tensor tokens) -> JoinOperations.prepend(tokens);
      case Layer.Repeat(Tensor tokens) -> JoinOperations.repeat(tokens);
      case Layer.Position(int index) -> PositionOperations.position(index);
      case Layer.PositionAt() -> PositionOperations.positionAt();
      case Layer.Locate(OptionalLong id) -> PositionOperations.locate(id);
      case Layer.KeyMask(long excluded) -> PositionOperations.keyMask(excluded);
      case Layer.Differs(long value) -> PositionOperations.differs(value);
      case Layer.Transpose() -> JoinOperations.transpose();
      case Layer.Mean() -> JoinOperations.mean();
      case Layer.Normalize() -> normalize();
      case Layer.Similarity(double factor) -> MatrixOperations.similarity(factor);
      case Layer.Channels(int from, int to) -> JoinOperations.channels(from, to);
      case Layer.Concatenate() -> JoinOperations.concatenate();
      case Layer.Choose() -> JoinOperations.choose();
      case Layer.Constant(LongTensor value) -> (context, from) -> new Value.Longs(value);
    };
  }

  /// The float32 value an operation reads.
  static Value.Floats floats(Value[] from, int input) {
    if (input >= from.length) {
      throw new IllegalArgumentException(
          "inputs: expected at least " + (input + 1) + ", got " + from.length);
    }
    if (from[input] instanceof Value.Floats floats) {
      return floats;
    }
    throw new IllegalArgumentException(
        "input " + input + ": expected float32, got another type of shape " + from[input].shape());
  }

  /// The int64 value an operation reads.
  static LongTensor longs(Value[] from, int input) {
    if (input < from.length && from[input] instanceof Value.Longs(LongTensor array)) {
      return array;
    }
    throw new IllegalArgumentException("input " + input + ": expected int64");
  }

  /// Refuses another shape; −1 is any size.
  static void expect(Value.Floats x, String axes, long... sizes) {
    boolean fits = x.shape().rank() == sizes.length;
    for (int axis = 0; fits && axis < sizes.length; axis++) {
      fits = sizes[axis] < 0 || sizes[axis] == x.shape().size(axis);
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "input: expected "
              + axes
              + " "
              + java.util.Arrays.toString(sizes).replace("-1", "any")
              + ", got "
              + x.shape());
    }
  }

  private static void expectChannels(Value.Floats x, int channels) {
    if (x.shape().rank() == 0 || x.size(-1) != channels) {
      throw new IllegalArgumentException(
          "input: expected " + channels + " channels (last axis), got " + x.shape());
    }
  }

  /// A function of a dense value with a result of the same shape.
  @FunctionalInterface
  private interface Same {
    void run(Context context, Value.Floats x, Value.Floats y);
  }

  private static Operation same(Same function) {
    return (context, from) -> {
      Value.Floats x = context.dense(floats(from, 0));
      Value.Floats y = context.floats(x.shape());
      function.run(context, x, y);
      context.buffers().release(x);
      return y;
    };
  }

  /// Runs `body` over rows in parts, on several threads where there is enough to do.
  static void rows(WorkerPool pool, int rows, long elements, Part body) {
    if (elements < 1 << 15 || rows < 2) {
      body.run(0, rows);
      return;
    }
    int parts = Math.min(rows, 16);
    pool.run(
        parts,
        (part, worker) ->
            body.run((int) ((long) rows * part / parts), (int) ((long) rows * (part + 1) / parts)));
  }

  /// Some of the rows.
  @FunctionalInterface
  interface Part {
    /// Works on rows `from` to `to` − 1.
    void run(int from, int to);
  }

  private static Operation layerNorm(float[] weight, float[] bias, double epsilon) {
    return same((context, x, y) -> {
      expectChannels(x, weight.length);
      rows(
          context.pool(),
          x.rows(),
          x.shape().elements(),
          (from, to) ->
              RowKernels.layerNorm(
                  x.segment(), y.segment(), from, to, weight.length, weight, bias, epsilon));
    });
  }

  private static Operation rmsNorm(float[] weight, double epsilon) {
    return same((context, x, y) -> {
      expectChannels(x, weight.length);
      rows(
          context.pool(),
          x.rows(),
          x.shape().elements(),
          (from, to) ->
              RowKernels.rmsNorm(
                  x.segment(), y.segment(), from, to, weight.length, weight, epsilon));
    });
  }

  private static Operation activate(Activation function) {
    return same((context, x, y) -> {
      int size = Math.max(1, x.shape().rank() == 0 ? 1 : x.size(-1));
      int rows = Math.toIntExact(x.shape().elements() / size);
      rows(
          context.pool(),
          rows,
          x.shape().elements(),
          (from, to) ->
              RowKernels.activate(
                  x.segment(), y.segment(), (long) from * size, (long) to * size, function));
    });
  }

  private static Operation scale(float factor) {
    return same((context, x, y) ->
        RowKernels.scale(x.segment(), y.segment(), x.shape().elements(), factor));
  }

  private static Operation normalize() {
    return same(
        (context, x, y) -> RowKernels.normalize(x.segment(), y.segment(), x.rows(), x.size(-1)));
  }

  private static Operation combine(boolean product) {
    return (context, from) -> {
      Value.Floats a = floats(from, 0);
      Value.Floats b = floats(from, 1);
      if (!a.shape().equals(b.shape())) {
        throw new IllegalArgumentException(
            "input: expected the shape of the other, " + a.shape() + ", got " + b.shape());
      }
      Value.Floats left = context.dense(a);
      Value.Floats right = context.dense(b);
      Value.Floats y = context.floats(a.shape());
      long elements = a.shape().elements();
      int pieces = Math.toIntExact((elements + PIECE - 1) / PIECE);
      rows(
          context.pool(),
          pieces,
          elements,
          (start, end) -> {
            long first = (long) start * PIECE;
            long count = Math.min(elements, (long) end * PIECE) - first;
            RowKernels.combine(
                left.segment().asSlice(4 * first),
                right.segment().asSlice(4 * first),
                y.segment().asSlice(4 * first),
                count,
                product);
          });
      context.buffers().release(left);
      context.buffers().release(right);
      return y;
    };
  }
}
