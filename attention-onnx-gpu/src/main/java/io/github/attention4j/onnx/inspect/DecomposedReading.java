package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.inspect.Axes.Factor;
import io.github.attention4j.onnx.inspect.Found.Decomposed;
import io.github.attention4j.onnx.inspect.Found.Masking;
import io.github.attention4j.onnx.inspect.Layout.Offsets;
import io.github.attention4j.onnx.inspect.Layout.Placed;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the probabilities of attention made of primitive operators where they stand. */
final class DecomposedReading implements Reading {
  private final Graph graph;
  private final Decomposed site;
  private final String weights;
  private final String values;
  private final String output;
  private final Map<Integer, String> stepShapes = new HashMap<>();
  private final Map<Masking, String> masks = new HashMap<>();
  private final Merge merge;
  private final Proof.Precision precision;
  private final @Nullable String projection;

  DecomposedReading(Graph graph, Extension extension, Decomposed site, boolean norms) {
    this.graph = graph;
    this.site = site;
    NodeProto normaliser = graph.node(site.node());
    NodeProto product = graph.node(site.product().node());
    this.weights =
        Graph.isMicrosoft(normaliser, "QLinearSoftmax")
                && normaliser.getOutput(0).equals(site.weights())
            ? dequantised(extension, site.weights(), normaliser, 3)
            : extension.expose(site.weights());
    for (int step : site.steps()) {
      if (Merge.resizes(graph.node(step))) {
        stepShapes.put(step, extension.shape(graph.node(step).getOutput(0)));
      }
    }
    Ends ends = ends(extension, product);
    this.values = ends.values;
    this.output = ends.output;
    this.precision = ends.precision;
    this.merge = new Merge(graph, extension, ends.onward);
    for (Masking mask : site.masks()) {
      masks.put(mask, extension.expose(mask.value()));
    }
    String weight = norms ? merge.weight() : null;
    this.projection = weight == null ? null : extension.expose(weight);
  }

  /**
   * @param onward the weighted sums as the graph goes on with them
   */
  private record Ends(String values, String output, String onward, Proof.Precision precision) {}

  private Ends ends(Extension extension, NodeProto product) {
    int[] operands = Products.operands(product);
    if (operands == null) {
      throw new IllegalStateException("no product: " + product.getOpType());
    }
    int other = site.product().input() == operands[0] ? operands[1] : operands[0];
    String operand = product.getInput(other);
    String result = product.getOutput(0);
    if (Graph.is(product, "QLinearMatMul")) {
      return new Ends(
          dequantised(extension, operand, product, other + 1),
          dequantised(extension, result, product, 6),
          result,
          Proof.Precision.INT8);
    }
    if (Graph.is(product, "MatMulInteger")
        || Graph.isMicrosoft(product, "MatMulIntegerToFloat", "DynamicQuantizeMatMul")) {
      String scaled = Graph.is(product, "MatMulInteger") ? scaled(result) : result;
      NodeProto quantiser = graph.maker(operand);
      String before =
          quantiser != null && SoftmaxFinder.moves(quantiser) ? quantiser.getInput(0) : operand;
      return new Ends(
          extension.expose(before), extension.expose(scaled), scaled, Proof.Precision.INT8);
    }
    boolean quantised =
        isQuantised(site.weights(), 0)
            || site.steps().stream()
                .anyMatch(step -> graph.node(step).getOpType().contains("Quantize"));
    Proof.Precision exactness =
        quantised
            ? Proof.Precision.INT8
            : Extension.isFloat16(graph.type(operand))
                ? Proof.Precision.FLOAT16
                : Proof.Precision.FLOAT32;
    return new Ends(extension.expose(operand), extension.expose(result), result, exactness);
  }

  /** The integer product as a float: what a Mul makes of it, behind a Cast. */
  private String scaled(String product) {
    String at = product;
    for (int step = 0; step < 4; step++) {
      for (Graph.Use use : graph.uses(at)) {
        NodeProto node = graph.node(use.node());
        if (Graph.is(node, "Mul")) {
          return node.getOutput(0);
        }
      }
      List<Graph.Use> uses = graph.uses(at);
      if (uses.isEmpty()) {
        break;
      }
      at = graph.node(uses.getFirst().node()).getOutput(0);
    }
    return product;
  }

  /**
   * The value times its scale, whose name and whose zero's name stand at these inputs of the node.
   */
  private static String dequantised(Extension extension, String value, NodeProto node, int scale) {
    List<String> inputs = new ArrayList<>(List.of(value, Graph.input(node, scale)));
    if (!Graph.input(node, scale + 1).isEmpty()) {
      inputs.add(Graph.input(node, scale + 1));
    }
    return extension.expose(extension.node("", "DequantizeLinear", inputs));
  }

  @Override
  public Set<String> outputs() {
    Set<String> all = new LinkedHashSet<>(List.of(weights, values, output));
    all.addAll(stepShapes.values());
    merge.sizes().forEach(all::add);
    all.addAll(masks.values());
    if (projection != null) {
      all.add(projection);
    }
    return all;
  }

  @Override
  public Shown read(Fetched fetched) {
    Tensor map = fetched.tensor(weights);
    checkAxis(map);
    Axes captured = Axes.of(map.shape().toArray());
    Axes operand = through(captured, fetched);
    NodeProto product = graph.node(site.product().node());
    int[] operands = Products.operands(product);
    int which = operands != null && site.product().input() == operands[0] ? 0 : 1;
    Meeting meeting =
        Meeting.of(product, operand, which, fetched.tensor(values), fetched.tensor(output));
    Layout layout = layout(captured, meeting, fetched);
    Offsets cells = Placed.of(map, captured).offsets(layout);
    Proof proof =
        new Proof()
            .rows(cells, sinks(), rowPrecision())
            .masked(cells, mask(fetched, captured, layout))
            .product(
                cells,
                meeting.values().offsets(layout),
                meeting.output().offsets(layout),
                Graph.number(product, "alpha", 1),
                precision);
    Norms norms = norms(fetched, meeting.values().offsets(layout), cells);
    return new Shown(Layout.arrange(cells), proof.text(false), norms.norms(), norms.reason());
  }

  /**
   * Probabilities that are floats themselves sum to 1 as floats do, however the product is
   * computed.
   */
  private Proof.Precision rowPrecision() {
    if (!weights.equals(site.weights()) || isQuantised(site.weights(), 0)) {
      return Proof.Precision.INT8;
    }
    return Extension.isFloat16(graph.type(weights))
        ? Proof.Precision.FLOAT16
        : Proof.Precision.FLOAT32;
  }

  /** Whether probabilities were integers between where they were made and here. */
  private boolean isQuantised(String value, int steps) {
    int index = graph.producer(value);
    if (index < 0 || index == site.node() || steps > 8) {
      return false;
    }
    NodeProto maker = graph.node(index);
    return maker.getOpType().equals("DequantizeLinear")
        || maker.getInputList().stream().anyMatch(input -> isQuantised(input, steps + 1));
  }

  private void checkAxis(Tensor map) {
    Normaliser normaliser = Normaliser.of(graph, site.node());
    // Along another axis than the keys, rows do not sum to 1, and the proof says so.
    if (normaliser != null && normaliser.flattens() && !normaliser.alongLast(map.shape().rank())) {
      throw new NotShownException(
          "it normalises all axes from "
              + normaliser.axis()
              + " on of "
              + map.shape()
              + " as one, not the last alone");
    }
    if (map.shape().rank() < 2) {
      throw new NotShownException("expected queries and keys, got " + map.describe());
    }
  }

  private Axes through(Axes captured, Fetched fetched) {
    Axes at = captured;
    for (int step : site.steps()) {
      NodeProto node = graph.node(step);
      String shape = stepShapes.get(step);
      if (Graph.is(node, "Transpose")) {
        at = at.transpose(Merge.permutation(node, at.rank()));
      } else if (shape != null) {
        Axes after = at.reshape(fetched.shape(shape));
        if (after == null) {
          throw new NotShownException(
              "'" + graph.name(step) + "' rearranges " + at + " in a way that is not followed");
        }
        at = after;
      }
    }
    return at;
  }

  private Layout layout(Axes captured, Meeting meeting, Fetched fetched) {
    List<Factor> heads = merge.heads(meeting.output().axes(), meeting.size(), fetched);
    List<Factor> keys = Merge.leaves(meeting.keys());
    List<Factor> rows = new ArrayList<>(Merge.leaves(meeting.rows()));
    if (heads == null) {
      if (captured.rank() < 4 && captured.rank() != 2) {
        throw new NotShownException(
            "batch and heads cannot be told apart in probabilities of sizes " + captured);
      }
      heads = captured.rank() == 2 ? List.of() : captured.axis(-3);
    }
    List<Factor> batch = new ArrayList<>(captured.axes(0, captured.rank()));
    batch.removeAll(keys);
    batch.removeAll(heads);
    rows.removeAll(heads);
    batch.removeAll(rows);
    return new Layout(batch, heads, rows, keys, Merge.leaves(meeting.size()));
  }

  /** Whether something between the softmax and the probabilities takes a part of a row away. */
  private boolean sinks() {
    String at = site.weights();
    for (int index = graph.producer(at);
        index >= 0 && index != site.node();
        index = graph.producer(at)) {
      NodeProto maker = graph.node(index);
      if (Graph.is(maker, "Slice", "Mul")) {
        return true;
      }
      int kept = Graph.is(maker, "Where") ? 1 : 0;
      at =
          kept == 1 && graph.isData(maker.getInput(2)) && !graph.isData(maker.getInput(1))
              ? maker.getInput(2)
              : maker.getInput(kept);
    }
    return false;
  }

  private Proof.@Nullable Mask mask(Fetched fetched, Axes captured, Layout layout) {
    List<Proof.Mask> all = new ArrayList<>();
    for (Map.Entry<Masking, String> entry : masks.entrySet()) {
      Proof.Mask mask = mask(entry.getKey(), fetched.array(entry.getValue()), captured, layout);
      if (mask != null) {
        all.add(mask);
      }
    }
    return all.isEmpty()
        ? null
        : (b, h, q, k) -> all.stream().anyMatch(mask -> mask.masks(b, h, q, k));
  }

  private static Proof.@Nullable Mask mask(
      Masking masking, NdArray array, Axes captured, Layout layout) {
    if (masking.additive() == array instanceof BooleanTensor) {
      return null;
    }
    // As the probabilities stand, or where these have batch and heads in one, as batch, heads,
    // queries and keys.
    Axes axes = Masks.broadcast(array, captured);
    if (axes == null) {
      axes = Masks.broadcast(array, layout);
    }
    return axes == null ? null : Masks.of(array, axes, masking.maskedWhen(), layout);
  }

  private Norms norms(Fetched fetched, Offsets values, Offsets cells) {
    return projection == null
        ? Norms.none(merge.reason())
        : Norms.of(cells, values, fetched.tensor(projection), merge.weightIsTransposed());
  }
}
