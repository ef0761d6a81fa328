package io.github.attention4j.onnx;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.attention4j.api.Description;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.spi.ModelExporter;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.ModelFile;
import io.github.attention4j.onnx.mechanism.Documents;
import io.github.attention4j.onnx.mechanism.MechanismGraph;
import io.github.attention4j.onnx.mechanism.Refusals;
import io.github.attention4j.onnx.network.NetworkGraph;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes requests and networks as `.onnx` files; [ExportOptions] lists the options.
///
/// Sizes that differ from run to run are named dimensions. Parameters are initialisers named by
/// their path in the description, which the file has as JSON under [#REQUEST], so that
/// [ExportedModel] reads the request back. A network that remembers gets inputs `NODE.past` and
/// outputs `NODE.present`; see [NetworkGraph].
public final class OnnxExporter implements ModelExporter {
  /// The metadata key of a request's description.
  public static final String REQUEST = "attention4j.request";

  /// The metadata key of a network's description.
  public static final String NETWORK = "attention4j.network";

  /// The metadata key of which operator does the attending, such as `ai.onnx Attention`, or
  /// `spelled out`.
  public static final String FORM = "attention4j.form";

  /// Does no work.
  public OnnxExporter() {}

  @Override
  public String format() {
    return "onnx";
  }

  @Override
  public List<String> unsupported(Request request, Map<String, String> options) {
    // Unknown options are refused here too.
    ExportOptions.from(options);
    return Refusals.of(request);
  }

  @Override
  public void export(Request request, Map<String, String> options, Path file) throws IOException {
    ExportOptions parsed = ExportOptions.from(options);
    refuse(unsupported(request, options));
    Graph graph = MechanismGraph.of(request, parsed.target(), parsed.variant());
    checkNames(graph, parsed);
    ModelFile.write(
        graph,
        request.mechanism().getClass().getSimpleName(),
        Documents.of(request.mechanism()),
        Map.of(REQUEST, json(named(graph, Description.of(request))), FORM, graph.form()),
        file,
        parsed.externalThreshold());
  }

  @Override
  public void export(Network network, List<String> maps, Map<String, String> options, Path file)
      throws IOException {
    ExportOptions parsed = ExportOptions.from(options);
    List<String> reasons = new ArrayList<>(NetworkGraph.refusals(network));
    reasons.addAll(NetworkGraph.refusals(network, parsed.target()));
    refuse(reasons);
    NetworkGraph.checkMaps(network, maps);
    Graph graph = NetworkGraph.of(network, maps, parsed.target());
    checkNames(graph, parsed);
    ModelFile.write(
        graph,
        network.name(),
        "The network " + network.name() + ", written by attention4j",
        Map.of(NETWORK, json(named(graph, Description.of(network)))),
        file,
        parsed.externalThreshold());
  }

  private static void refuse(List<String> reasons) {
    if (!reasons.isEmpty()) {
      throw new UnsupportedRequestException("onnx: " + String.join("; ", reasons));
    }
  }

  private static void checkNames(Graph graph, ExportOptions options) {
    List<String> optional = graph.signature().optionalInputs();
    for (String name : options.inputs()) {
      if (!optional.contains(name)) {
        throw new IllegalArgumentException(
            "inputs: expected some of the optional inputs " + optional + ", got '" + name + "'");
      }
    }
    List<String> free = graph.signature().freeRanks();
    for (String name : options.ranks().keySet()) {
      if (!free.contains(name)) {
        throw new IllegalArgumentException(
            "rank." + name + ": expected an input that may have several ranks, of " + free);
      }
    }
  }

  /// The tree with initialisers' names in place of paths.
  private static Object named(Graph graph, Description description) {
    Map<String, String> names = new LinkedHashMap<>();
    description
        .arrays()
        .forEach((path, array) -> {
          String name = graph.nameOf(array);
          if (name != null) {
            names.put(path, name);
          }
        });
    return renamed(description.tree(), names);
  }

  private static Object renamed(Object tree, Map<String, String> names) {
    return switch (tree) {
      case Map<?, ?> map -> {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        boolean array = map.size() == 1 && map.containsKey("tensor");
        map.forEach((key, value) ->
            copy.put(
                String.valueOf(key),
                array ? names.getOrDefault(value, String.valueOf(value)) : renamed(value, names)));
        yield copy;
      }
      case List<?> list -> list.stream().map(each -> renamed(each, names)).toList();
      default -> tree;
    };
  }

  private static String json(Object tree) {
    try {
      return new ObjectMapper().writeValueAsString(tree);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(
          "a description is maps, lists, texts and numbers", impossible);
    }
  }
}
