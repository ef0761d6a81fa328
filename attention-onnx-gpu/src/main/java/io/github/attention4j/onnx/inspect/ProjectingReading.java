package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.inspect.Axes.Factor;
import io.github.attention4j.onnx.inspect.Found.Fused;
import io.github.attention4j.onnx.inspect.Layout.Offsets;
import io.github.attention4j.onnx.inspect.Layout.Placed;
import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Recomputes the probabilities of `com.microsoft::Attention` and `com.microsoft::QAttention`,
/// which project queries, keys and values themselves and show nothing.
///
/// The projection is done by the runtime, in nodes added to the graph; scores, mask and softmax
/// follow here. The product with the values is compared with the operator's own output, so that a
/// wrong reading of a mask does not go unnoticed.
final class ProjectingReading implements Reading {
  private final NodeProto node;
  private final boolean quantised;
  private final String projected;
  private final String output;
  private final String mask;
  private final String past;
  private final String bias;
  private final Merge merge;
  private final Proof.Precision precision;
  private final @Nullable String projection;

  ProjectingReading(Graph graph, Extension extension, Fused site, boolean norms) {
    this.node = graph.node(site.node());
    this.quantised = Graph.isMicrosoft(node, "QAttention");
    this.projected = extension.expose(project(extension));
    this.output = extension.expose(node.getOutput(0));
    this.mask = exposed(extension, quantised ? 5 : 3);
    this.past = exposed(extension, quantised ? 8 : 4);
    this.bias = quantised ? "" : exposed(extension, 5);
    this.merge = new Merge(graph, extension, node.getOutput(0));
    this.precision =
        quantised
            ? Proof.Precision.INT8
            : Extension.isFloat16(graph.type(node.getInput(0)))
                ? Proof.Precision.FLOAT16
                : Proof.Precision.FLOAT32;
    String weight = norms ? merge.weight() : null;
    this.projection = weight == null ? null : extension.expose(weight);
  }

  private String exposed(Extension extension, int input) {
    String value = Graph.input(node, input);
    return value.isEmpty() ? "" : extension.expose(value);
  }

  /**
   * Queries, keys and values as the operator projects them, `[batch, length, sizes of all three]`.
   */
  private String project(Extension extension) {
    String product =
        extension.node(
            "",
            "MatMul",
            quantised
                ? List.of(dequantised(extension, 0, 3, 6), dequantised(extension, 1, 4, 7))
                : List.of(node.getInput(0), node.getInput(1)));
    String offset = Graph.input(node, 2);
    return offset.isEmpty() ? product : extension.node("", "Add", List.of(product, offset));
  }

  private String dequantised(Extension extension, int value, int scale, int zero) {
    List<String> inputs = new ArrayList<>(List.of(node.getInput(value), node.getInput(scale)));
    if (!Graph.input(node, zero).isEmpty()) {
      inputs.add(Graph.input(node, zero));
    }
    return extension.node("", "DequantizeLinear", inputs);
  }

  /// The value whose sizes tell the map's, for a run that only asks how large it is.
  static String size(Graph graph, Extension extension, Fused site) {
    return extension.shape(graph.node(site.node()).getInput(0));
  }

  /// The sizes of the map, with as many keys as queries; a cache is not counted.
  static long[] sizes(Graph graph, Fused site, long[] input) {
    long heads = Graph.integer(graph.node(site.node()), "num_heads", 1);
    return new long[] {input[0], heads, input[1], input[1]};
  }

  @Override
  public Set<String> outputs() {
    Set<String> all = new LinkedHashSet<>(List.of(projected, output));
    for (String optional : List.of(mask, past, bias)) {
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
    Tensor all = fetched.tensor(projected);
    long heads = Graph.integer(node, "num_heads", 0);
    long batch = all.shape().size(0);
    long queries = all.shape().size(1);
    long[] sizes = sizes(all.shape().size(2));
    if (heads <= 0 || sizes[0] % heads != 0 || sizes[2] % heads != 0) {
      throw new NotShownException(
          "expected sizes that " + heads + " heads divide, got " + all.describe());
    }
    Tensor before = past.isEmpty() ? null : fetched.tensor(past);
    long cached = before == null ? 0 : before.shape().size(3);
    long keys = cached + queries;
    List<List<Factor>> factors =
        Axes.of(new long[] {batch, heads, queries, keys, sizes[0] / heads, sizes[2] / heads})
            .factors();
    Layout scored =
        new Layout(factors.get(0), factors.get(1), factors.get(2), factors.get(3), factors.get(4));
    Layout valued =
        new Layout(factors.get(0), factors.get(1), factors.get(2), factors.get(3), factors.get(5));
    Tensor query = part(all, null, 0, 0, sizes[0], heads);
    Tensor key = part(all, before, 0, sizes[0], sizes[1], heads);
    Tensor value = part(all, before, 1, sizes[0] + sizes[1], sizes[2], heads);
    double scale = Graph.number(node, "scale", 0);
    Recomputation.Addend addend = addend(fetched, scored, cached);
    Tensor map =
        Recomputation.weights(
            Placed.of(query, axes(scored, scored.queries())).offsets(scored),
            Placed.of(key, axes(scored, scored.keys())).offsets(scored),
            scale == 0 ? 1 / Math.sqrt((double) sizes[0] / heads) : scale,
            0,
            addend);
    Offsets cells =
        Placed.of(
                map,
                new Axes(List.of(scored.batch(), scored.heads(), scored.queries(), scored.keys())))
            .offsets(valued);
    Offsets values = Placed.of(value, axes(valued, valued.keys())).offsets(valued);
    List<Factor> merged = new ArrayList<>(valued.heads());
    merged.addAll(valued.size());
    Offsets weighted =
        Placed.of(
                fetched.tensor(output), new Axes(List.of(valued.batch(), valued.queries(), merged)))
            .offsets(valued);
    Proof proof =
        new Proof()
            .rows(cells, false, Proof.Precision.FLOAT32)
            .masked(cells, (b, h, q, k) -> addend.at(b, h, q, k) <= (float) SoftmaxFinder.MASKED)
            .product(cells, values, weighted, 1, precision);
    Norms norms =
        projection == null
            ? Norms.none(merge.reason())
            : Norms.of(cells, values, fetched.tensor(projection), merge.weightIsTransposed());
    return new Shown(map, proof.text(true), norms.norms(), norms.reason());
  }

  private static Axes axes(Layout layout, List<Factor> length) {
    return new Axes(List.of(layout.batch(), layout.heads(), length, layout.size()));
  }

  private long[] sizes(long all) {
    AttributeProto sizes = Graph.attribute(node, "qkv_hidden_sizes");
    if (sizes == null || sizes.getIntsCount() == 0) {
      return new long[] {all / 3, all / 3, all / 3};
    }
    long[] three = sizes.getIntsList().stream().mapToLong(Long::longValue).toArray();
    if (three.length != 3 || three[0] != three[1] || three[0] + three[1] + three[2] != all) {
      throw new NotShownException(
          "expected three sizes that add up to " + all + ", got " + sizes.getIntsList());
    }
    return three;
  }

  /**
   * Some columns of the projection as `[batch, heads, length, size]`, behind the cache's keys (0)
   * or values (1).
   */
  private static Tensor part(
      Tensor all, @Nullable Tensor before, int which, long from, long width, long heads) {
    long batch = all.shape().size(0);
    long length = all.shape().size(1);
    long columns = all.shape().size(2);
    long size = width / heads;
    long cached = before == null ? 0 : before.shape().size(3);
    Tensor part = Tensor.allocate(batch, heads, cached + length, size);
    long to = 0;
    for (long b = 0; b < batch; b++) {
      for (long h = 0; h < heads; h++) {
        if (before != null) {
          long start = ((which * batch + b) * heads + h) * cached * size;
          for (long i = 0; i < cached * size; i++) {
            part.set(to++, before.at(start + i));
          }
        }
        for (long i = 0; i < length; i++) {
          for (long d = 0; d < size; d++) {
            part.set(to++, all.at((b * length + i) * columns + from + h * size + d));
          }
        }
      }
    }
    return part;
  }

  private Recomputation.Addend addend(Fetched fetched, Layout layout, long cached) {
    float filter = Graph.number(node, "mask_filter_value", -10000f);
    boolean causal = Graph.integer(node, "unidirectional", 0) != 0;
    Recomputation.Addend masked =
        mask.isEmpty() ? (b, h, q, k) -> 0 : masked(fetched.array(mask), layout, filter);
    Recomputation.Addend biased = masked;
    if (!bias.isEmpty()) {
      Tensor added = fetched.tensor(bias);
      Axes axes = Masks.broadcast(added, layout);
      if (axes == null) {
        throw new NotShownException("its bias does not broadcast: " + added.describe());
      }
      Masks.Index index = Masks.index(added, axes, layout);
      biased = (b, h, q, k) -> masked.at(b, h, q, k) + added.at(index.at(b, h, q, k));
    }
    Recomputation.Addend sum = biased;
    return (b, h, q, k) -> causal && k > cached + q ? -Float.MAX_VALUE : sum.at(b, h, q, k);
  }

  private static Recomputation.Addend masked(NdArray array, Layout layout, float filter) {
    if (!(array instanceof LongTensor mask)) {
      throw new NotShownException("expected a mask of whole numbers, got " + array.describe());
    }
    long batch = Axes.product(layout.batch());
    long queries = Axes.product(layout.queries());
    long keys = Axes.product(layout.keys());
    long[] sizes = mask.shape().toArray();
    if (sizes.length == 1 && sizes[0] == batch) {
      return (b, h, q, k) -> k < mask.at(b) ? 0 : filter;
    }
    if (sizes.length == 1 && sizes[0] == 2 * batch) {
      return (b, h, q, k) -> k < mask.at(b) && k >= mask.at(batch + b) ? 0 : filter;
    }
    if (sizes.length == 2 && sizes[0] == batch && sizes[1] == keys) {
      return (b, h, q, k) -> mask.at(b * keys + k) > 0 ? 0 : filter;
    }
    if (sizes.length == 3 && sizes[0] == batch && sizes[1] == queries && sizes[2] == keys) {
      return (b, h, q, k) -> mask.at((b * queries + q) * keys + k) > 0 ? 0 : filter;
    }
    throw new NotShownException("its mask has a form that is not read: " + array.describe());
  }
}
