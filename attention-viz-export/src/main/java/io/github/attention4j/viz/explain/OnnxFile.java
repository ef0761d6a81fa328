package io.github.attention4j.viz.explain;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.InspectedModel.Refusal;
import io.github.attention4j.api.spi.MapRequest;
import io.github.attention4j.api.spi.ModelPort;
import io.github.attention4j.api.spi.ModelRun;
import io.github.attention4j.api.spi.SiteMap;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// An ONNX file of any maker, with its attention read and checked.
public final class OnnxFile implements ExplainableModel {
  private final ForeignModel model;
  private final MapRequest request;

  private OnnxFile(ForeignModel model, MapRequest request) {
    this.model = model;
    this.request = request;
  }

  /// Opens a file, or a folder with exactly one.
  ///
  /// @param layers which layers to show; none means all
  /// @param heads which heads; none means all
  /// @param norms whether to also compute the lengths of the weighted, projected values
  public static OnnxFile open(
      Path path, Settings settings, List<Integer> layers, List<Integer> heads, boolean norms)
      throws IOException {
    ForeignModel model = ForeignModel.open(path, settings);
    try {
      return new OnnxFile(
          model,
          new MapRequest(
              model.sites(layers), Set.copyOf(heads), norms, MapRequest.USUAL_MAXIMUM_BYTES));
    } catch (RuntimeException refused) {
      model.close();
      throw refused;
    }
  }

  /// The arrays of a file, `input.NAME` or `NAME`, that the model reads.
  public static Map<String, NdArray> known(OnnxFile file, Map<String, NdArray> arrays) {
    Inputs known = file.model.inputs(arrays);
    Map<String, NdArray> named = new LinkedHashMap<>();
    known.names().forEach(name -> named.put(name, known.get(name)));
    return named;
  }

  @Override
  public List<ModelPort> inputs() {
    return model.model().inputs();
  }

  @Override
  public Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    model
        .model()
        .facts()
        .forEach((name, fact) -> facts.put(name.equals("file") ? "model" : name, fact));
    return facts;
  }

  @Override
  public Run run(Inputs inputs, int batch) {
    ModelRun run = model.run(inputs, request);
    List<String> notes = new ArrayList<>();
    run.maps().forEach(map -> notes.add(line(map)));
    Stream.concat(model.model().refusals().stream(), run.refusals().stream())
        .forEach(refusal -> notes.add(line(refusal)));
    List<SiteMap> lengths = new ArrayList<>();
    for (SiteMap map : run.maps()) {
      Tensor norms = map.norms();
      if (norms != null) {
        lengths.add(new SiteMap(map.site(), norms, map.proof(), null, ""));
      } else if (request.norms()) {
        notes.add("no norms of '" + map.site().name() + "': " + map.normsReason());
      }
    }
    return new Run(
        run.outputs(),
        numbered(run, batch),
        numbered(new ModelRun(Map.of(), lengths, List.of()), batch),
        ForeignModel.arrays(run),
        notes);
  }

  private static List<AttentionMap> numbered(ModelRun run, int batch) {
    return run.trace(
            0,
            batch,
            (site, queries, keys) ->
                new ModelRun.Sides(Labels.numbered(queries), Labels.numbered(keys)),
            Map.of())
        .maps();
  }

  @Override
  public @Nullable Tensor embeddings(Inputs inputs, Run run) {
    Map<String, Tensor> tables = model.model().embeddings(inputs);
    return tables.size() == 1 ? tables.values().iterator().next() : tables.get("input_ids");
  }

  /// What is known of a map, in one line.
  public static String line(SiteMap map) {
    return map.site().label().kind().text()
        + " "
        + map.site().label().layer()
        + "  "
        + map.weights().shape()
        + "  "
        + map.site().operator()
        + " '"
        + map.site().name()
        + "'  "
        + map.proof();
  }

  /// What is not shown and why, in one line.
  public static String line(Refusal refusal) {
    return "not shown: " + refusal.operator() + " '" + refusal.node() + "': " + refusal.reason();
  }

  @Override
  public void close() {
    model.close();
  }
}
