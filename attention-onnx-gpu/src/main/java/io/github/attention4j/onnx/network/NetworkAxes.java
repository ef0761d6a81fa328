package io.github.attention4j.onnx.network;

import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.onnx.graph.Axis;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The axes of what a layer computes: names for sizes that differ from run to run, numbers for
/// those the parameters fix.
final class NetworkAxes {
  private NetworkAxes() {}

  /// @param node whose value it is
  /// @param from the axes of its inputs
  static List<Axis> of(Network.Node node, List<List<Axis>> from) {
    Axis length = new Axis.Named(node.name() + "_length");
    return switch (node.layer()) {
      case Layer.Linear linear -> lastOf(from.getFirst(), linear.weight().shape().size(0));
      case Layer.Embedding embedding -> {
        List<Axis> axes = new ArrayList<>(from.getFirst());
        axes.add(new Axis.Fixed(embedding.table().shape().size(1)));
        yield axes;
      }
      case Layer.AddPositions _,
          Layer.LayerNorm _,
          Layer.RmsNorm _,
          Layer.Activate _,
          Layer.ShortConvolution _,
          Layer.Rotate _,
          Layer.Add _,
          Layer.Multiply _,
          Layer.Scale _,
          Layer.AddConstant _,
          Layer.Differs _,
          Layer.Normalize _ ->
          from.getFirst();
      case Layer.Convolution1d convolution ->
          List.of(
              from.getFirst().getFirst(),
              length,
              new Axis.Fixed(convolution.weight().shape().size(0)));
      case Layer.Patches patches ->
          List.of(
              from.getFirst().getFirst(), length, new Axis.Fixed(patches.weight().shape().size(0)));
      case Layer.Hyena _ -> from.getLast();
      case Layer.Attend attend -> {
        List<Axis> query = from.get(0);
        Axis size =
            from.get(2).getLast() instanceof Axis.Fixed(var channels)
                ? new Axis.Fixed(channels / attend.keyHeads() * attend.heads())
                : new Axis.Named(node.name() + "_channels");
        yield List.of(query.get(0), query.get(1), size);
      }
      case Layer.Append(var channels) ->
          List.of(from.getFirst().getFirst(), length, new Axis.Fixed(channels));
      case Layer.Prepend _ ->
          List.of(from.getFirst().getFirst(), length, from.getFirst().getLast());
      case Layer.Repeat(var tokens) ->
          List.of(
              from.getFirst().getFirst(),
              new Axis.Fixed(tokens.shape().size(0)),
              new Axis.Fixed(tokens.shape().size(1)));
      case Layer.Position _, Layer.PositionAt _, Layer.Mean _ ->
          List.of(from.getFirst().getFirst(), from.getFirst().getLast());
      case Layer.Locate _ -> List.of(from.getFirst().getFirst());
      case Layer.KeyMask _ ->
          List.of(
              from.getFirst().getFirst(),
              new Axis.Fixed(1),
              new Axis.Fixed(1),
              from.getFirst().getLast());
      case Layer.Transpose _ ->
          List.of(from.getFirst().get(0), from.getFirst().get(2), from.getFirst().get(1));
      case Layer.Similarity _ -> List.of(from.get(0).getFirst(), from.get(1).getFirst());
      case Layer.Channels(var first, var end) -> lastOf(from.getFirst(), end - first);
      case Layer.Concatenate _ -> concatenated(node, from);
      case Layer.Choose _ -> from.get(1);

      case Layer.Constant(var value) ->
          Arrays.stream(value.shape().toArray())
              .mapToObj(size -> (Axis) new Axis.Fixed(size))
              .toList();
    };
  }

  private static List<Axis> lastOf(List<Axis> axes, long size) {
    List<Axis> all = new ArrayList<>(axes);
    all.set(all.size() - 1, new Axis.Fixed(size));
    return all;
  }

  private static List<Axis> concatenated(Network.Node node, List<List<Axis>> from) {
    long sum = 0;
    List<Axis> axes = new ArrayList<>(from.getFirst());
    for (List<Axis> each : from) {
      if (each.getLast() instanceof Axis.Fixed(var size)) {
        sum += size;
      } else {
        axes.set(axes.size() - 1, new Axis.Named(node.name() + "_channels"));
        return axes;
      }
    }
    return lastOf(axes, sum);
  }
}
