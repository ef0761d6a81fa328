package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.inspect.Axes.Factor;
import io.github.attention4j.onnx.inspect.Found.Fused;
import io.github.attention4j.onnx.inspect.Layout.Offsets;
import io.github.attention4j.onnx.inspect.Layout.Placed;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads the probabilities of `ai.onnx::Attention`, `com.microsoft::MultiHeadAttention` and
/// `com.microsoft::GroupQueryAttention` from an output of the operator that is off in the file, or
/// recomputes them where the device has no such output.
final class FusedReading implements Reading {
  private final NodeProto node;
  private final boolean recomputes;
  private final String map;
  private final String query;
  private final String key;
  private final String value;
  private final String output;
  private final String mask;
  private final Merge merge;
  private final Proof.Precision precision;
  private final @Nullable String projection;

  FusedReading(Graph graph, Extension extension, Fused site, boolean norms, boolean cuda) {
    this.node = graph.node(site.node());
    this.recomputes = cuda && Graph.is(node, "Attention");
    Shows shows = shows(graph, extension, node, recomputes);
    this.map = shows.map.isEmpty() ? "" : extension.expose(shows.map);
    this.query = extension.expose(node.getInput(0));
    this.key = shows.key.isEmpty() ? "" : extension.expose(shows.key);
    this.value = extension.expose(shows.value);
    this.output = extension.expose(node.getOutput(0));
    String added = Graph.is(node, "Attention") ? Graph.input(node, 3) : "";
    this.mask = added.isEmpty() ? "" : extension.expose(added);
    this.merge = new Merge(graph, extension, node.getOutput(0));
    this.precision =
        Extension.isFloat16(graph.type(node.getInput(0)))
            ? Proof.Precision.FLOAT16
            : Proof.Precision.FLOAT32;
    String weight = norms ? merge.weight() : null;
    this.projection = weight == null ? null : extension.expose(weight);
  }

  /** The names of what shows the map, and of keys and values with any cache in front. */
  private record Shows(String map, String key, String value) {}

  private static Shows shows(Graph graph, Extension extension, NodeProto node, boolean recomputes) {
    if (Graph.is(node, "Attention")) {
      boolean cached = !Graph.input(node, 4).isEmpty();
      if (recomputes && !cached) {
        return new Shows("", node.getInput(1), node.getInput(2));
      }
      String[] outputs =
          extension.again(
              node,
              recomputes ? null : Extension.integer("qk_matmul_output_mode", 3),
              true,
              cached,
              cached,
              !recomputes);
      return new Shows(
          outputs[3],
          cached ? outputs[1] : node.getInput(1),
          cached ? outputs[2] : node.getInput(2));
    }
    boolean grouped = Graph.isMicrosoft(node, "GroupQueryAttention");
    String[] outputs =
        extension.again(
            node, grouped ? Extension.integer("qk_output", 2) : null, true, true, true, true);
    extension.declare(outputs[3], graph.type(node.getInput(0)));
    // What MultiHeadAttention calls qk is scaled and masked, and not yet normalised.
    String map =
        grouped
            ? outputs[3]
            : extension.node("", "Softmax", List.of(outputs[3]), Extension.integer("axis", -1));
    return new Shows(map, "", outputs[2]);
  }

  /// The value whose sizes are the map's, for a run that only asks how large it is.
  static String size(Graph graph, Extension extension, Fused site) {
    return extension.shape(shows(graph, extension, graph.node(site.node()), false).map);
  }

  @Override
  public Set<String> outputs() {
    Set<String> all = new LinkedHashSet<>(List.of(query, value, output));
    for (String optional : List.of(map, key, mask)) {
      if (!optional.isEmpty()) {
        all.add(optional);
      }
    }
    merge.sizes().forEach(all::add);
    if (projection != null) {
      all.add(projection);
    }
    return all;
  }

  @Override
  public Shown read(Fetched fetched) {
    Tensor queries = fetched.tensor(query);
    Tensor values = fetched.tensor(value);
    Tensor weighted = fetched.tensor(output);
    long keyHeads = heads(values, "kv_num_heads");
    long heads =
        Graph.isMicrosoft(node, "MultiHeadAttention") ? keyHeads : heads(queries, "q_num_heads");
    if (keyHeads == 0 || heads % keyHeads != 0) {
      throw new NotShownException(
          "expected a multiple of " + keyHeads + " key heads, got " + heads + " query heads");
    }
    long keys = map.isEmpty() ? length(values) : fetched.tensor(map).shape().size(-1);
    Sizes sizes =
        new Sizes(
            queries.shape().size(0), keyHeads, heads / keyHeads, length(queries, weighted), keys);
    Layout layout = sizes.layout(size(values, keyHeads));
    Layout keyed = recomputes ? sizes.layout(size(queries, heads)) : layout;
    Tensor shown =
        recomputes
            ? recompute(fetched, sizes, keyed)
            : fetched.tensor(map).reshape(sizes.batch, heads, sizes.queries, keys);
    Offsets cells =
        Placed.of(
                shown,
                new Axes(List.of(layout.batch(), layout.heads(), layout.queries(), layout.keys())))
            .offsets(layout);
    Offsets valueCells = keyed(values, layout).offsets(layout);
    Proof proof =
        new Proof()
            .rows(cells, hasSink(), precision)
            .masked(cells, mask(fetched, layout))
            .product(cells, valueCells, queried(weighted, layout).offsets(layout), 1, precision);
    Norms norms =
        projection == null
            ? Norms.none(merge.reason())
            : Norms.of(cells, valueCells, fetched.tensor(projection), merge.weightIsTransposed());
    return new Shown(shown, proof.text(recomputes), norms.norms(), norms.reason());
  }

  private Tensor recompute(Fetched fetched, Sizes sizes, Layout layout) {
    Tensor queries = fetched.tensor(query);
    double scale = Graph.number(node, "scale", 0);
    int size = (int) Axes.product(layout.size());
    boolean causal = Graph.integer(node, "is_causal", 0) != 0;
    // With a cache the last query stands at the last key.
    long offset = Graph.input(node, 4).isEmpty() ? 0 : sizes.keys - sizes.queries;
    Recomputation.@Nullable Addend added = mask.isEmpty() ? null : added(fetched, layout);
    return Recomputation.weights(
        queried(queries, layout).offsets(layout),
        keyed(fetched.tensor(key), layout).offsets(layout),
        scale == 0 ? 1 / Math.sqrt(size) : scale,
        Graph.number(node, "softcap", 0),
        (b, h, q, k) -> {
          if (causal && k > q + offset) {
            return Float.NEGATIVE_INFINITY;
          }
          return added == null ? 0 : added.at(b, h, q, k);
        });
  }

  private Recomputation.Addend added(Fetched fetched, Layout layout) {
    NdArray array = fetched.array(mask);
    Axes axes = Masks.broadcast(array, layout);
    if (axes == null) {
      throw new NotShownException("its mask does not broadcast: " + array.describe());
    }
    Masks.Index index = Masks.index(array, axes, layout);
    if (array instanceof BooleanTensor allowed) {
      return (b, h, q, k) -> allowed.at(index.at(b, h, q, k)) ? 0 : Float.NEGATIVE_INFINITY;
    }
    Tensor bias = fetched.tensor(mask);
    return (b, h, q, k) -> bias.at(index.at(b, h, q, k));
  }

  private Proof.@Nullable Mask mask(Fetched fetched, Layout layout) {
    if (mask.isEmpty()) {
      return null;
    }
    Axes axes = Masks.broadcast(fetched.array(mask), layout);
    return axes == null ? null : Masks.of(fetched.array(mask), axes, false, layout);
  }

  private boolean hasSink() {
    return Graph.isMicrosoft(node, "GroupQueryAttention")
        && (Graph.integer(node, "smooth_softmax", 0) > 0 || !Graph.input(node, 11).isEmpty());
  }

  private long heads(Tensor array, String attribute) {
    if (array.shape().rank() == 4) {
      return array.shape().size(1);
    }
    boolean ofKeys = attribute.equals("kv_num_heads");
    boolean own =
        Graph.is(node, "Attention") || (ofKeys && Graph.isMicrosoft(node, "GroupQueryAttention"));
    String name = own ? attribute : "num_heads";
    return Graph.integer(node, name, 0);
  }

  private static long length(Tensor array) {
    return array.shape().size(array.shape().rank() == 4 ? 2 : 1);
  }

  /** The number of queries; a query array that also holds keys and values has the same length. */
  private static long length(Tensor queries, Tensor weighted) {
    return queries.shape().rank() == 5 ? queries.shape().size(1) : length(weighted);
  }

  private static long size(Tensor array, long heads) {
    return array.shape().rank() == 4 ? array.shape().size(3) : array.shape().size(2) / heads;
  }

  private record Sizes(long batch, long keyHeads, long groups, long queries, long keys) {
    Layout layout(long size) {
      List<List<Factor>> factors =
          Axes.of(new long[] {batch, keyHeads, groups, queries, keys, size}).factors();
      List<Factor> heads = new ArrayList<>(factors.get(1));
      heads.addAll(factors.get(2));
      return new Layout(factors.get(0), heads, factors.get(3), factors.get(4), factors.get(5));
    }
  }

  /**
   * An array with the queries' heads: `[batch, heads, queries, size]` or `[batch, queries, heads *
   * size]`.
   */
  private static Placed queried(Tensor array, Layout layout) {
    return placed(array, layout, layout.heads(), layout.queries());
  }

  /** An array with the keys' heads, which may be fewer, and room for more keys. */
  private static Placed keyed(Tensor array, Layout layout) {
    int groups = layout.heads().size();
    long keyHeads =
        array.shape().rank() == 4
            ? array.shape().size(1)
            : array.shape().size(2) / Axes.product(layout.size());
    List<Factor> heads = layout.heads();
    while (groups > 0 && Axes.product(heads) > keyHeads) {
      heads = heads.subList(0, --groups);
    }
    return placed(array, layout, heads, layout.keys());
  }

  private static Placed placed(
      Tensor array, Layout layout, List<Factor> heads, List<Factor> length) {
    long[] strides = Axes.strides(array.shape().toArray());
    if (array.shape().rank() == 4) {
      return new Placed(
          array, new Axes(List.of(layout.batch(), heads, length, layout.size())), strides);
    }
    List<Factor> merged = new ArrayList<>(heads);
    merged.addAll(layout.size());
    return new Placed(array, new Axes(List.of(layout.batch(), length, merged)), strides);
  }
}
