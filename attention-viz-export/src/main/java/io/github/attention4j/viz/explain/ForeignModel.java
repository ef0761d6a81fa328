package io.github.attention4j.viz.explain;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.spi.AttentionSite;
import io.github.attention4j.api.spi.InspectedModel;
import io.github.attention4j.api.spi.MapRequest;
import io.github.attention4j.api.spi.ModelInspector;
import io.github.attention4j.api.spi.ModelPort;
import io.github.attention4j.api.spi.ModelRun;
import io.github.attention4j.api.spi.SiteMap;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A model file of another maker, run once on a batch, with traces of what each sample looked at.
public final class ForeignModel implements AutoCloseable {
  private final InspectedModel model;

  private ForeignModel(InspectedModel model) {
    this.model = model;
  }

  /// Whether a path names such a model: a file that ends in `.onnx`, or a folder with exactly one.
  public static boolean isOne(Path path) throws IOException {
    return file(path) != null;
  }

  private static @Nullable Path file(Path path) throws IOException {
    if (path.toString().endsWith(".onnx")) {
      return path;
    }
    if (!Files.isDirectory(path)) {
      return null;
    }
    List<Path> found = matching(path, "*.onnx");
    if (found.size() > 1 && matching(path, "*.safetensors").isEmpty()) {
      throw new IllegalArgumentException(
          path
              + ": expected one ONNX file, got "
              + found.stream().map(file -> String.valueOf(file.getFileName())).sorted().toList()
              + ": name one of them");
    }
    return found.size() == 1 ? found.getFirst() : null;
  }

  private static List<Path> matching(Path folder, String pattern) throws IOException {
    List<Path> found = new ArrayList<>();
    try (var files = Files.newDirectoryStream(folder, pattern)) {
      files.forEach(found::add);
    }
    return found;
  }

  /// Opens a model with the inspector of its format.
  ///
  /// @throws IllegalArgumentException if it is none, or there is no inspector
  public static ForeignModel open(Path path, Settings settings) throws IOException {
    Path file = file(path);
    if (file == null) {
      throw new IllegalArgumentException(
          path + ": expected a file that ends in .onnx, or a folder with one");
    }
    for (ModelInspector inspector : ServiceLoader.load(ModelInspector.class)) {
      if (inspector.format().equals("onnx")) {
        return new ForeignModel(inspector.open(file, settings));
      }
    }
    throw new IllegalArgumentException(
        file + ": expected an inspector of ONNX models, found none: is attention-onnx-gpu there?");
  }

  /// What the model is.
  public InspectedModel model() {
    return model;
  }

  /// The arrays of a file as inputs: `input.NAME` or `NAME`, of which those that the model does not
  /// read are left out.
  public Inputs inputs(Map<String, NdArray> arrays) {
    Inputs inputs = Inputs.none();
    for (ModelPort port : model.inputs()) {
      NdArray array = arrays.get("input." + port.name());
      array = array == null ? arrays.get(port.name()) : array;
      if (array != null) {
        inputs = inputs.with(port.name(), array);
      }
    }
    return inputs;
  }

  /// Token ids as inputs: the ids themselves, and what else a text model reads, where its name says
  /// what that is (a mask of ones, types of zeros, positions counted from 0).
  ///
  /// @throws IllegalArgumentException if the model reads no ids
  public Inputs ids(List<Long> ids) {
    Inputs inputs = Inputs.none();
    for (ModelPort port : model.inputs()) {
      long[] values = new long[ids.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            switch (port.name()) {
              case "input_ids", "decoder_input_ids" -> ids.get(i);
              case "attention_mask", "decoder_attention_mask" -> 1;
              case "position_ids" -> i;
              default -> 0;
            };
      }
      if (Set.of(
              "input_ids",
              "decoder_input_ids",
              "attention_mask",
              "decoder_attention_mask",
              "token_type_ids",
              "position_ids")
          .contains(port.name())) {
        inputs = inputs.with(port.name(), LongTensor.of(values, 1, values.length));
      }
    }
    if (!inputs.has("input_ids") && !inputs.has("decoder_input_ids")) {
      throw new IllegalArgumentException(
          "ids: expected a model that reads input_ids, got one that reads "
              + model.inputs().stream().map(ModelPort::name).toList());
    }
    return inputs;
  }

  /// The names of the sites with these layer numbers; all if none is given.
  ///
  /// @throws IllegalArgumentException if no site has one of them
  public Set<String> sites(List<Integer> layers) {
    Set<Integer> there =
        model.sites().stream().map(site -> site.label().layer()).collect(Collectors.toSet());
    for (int layer : layers) {
      if (!there.contains(layer)) {
        throw new IllegalArgumentException("layers: expected among " + there + ", got " + layer);
      }
    }
    return model.sites().stream()
        .filter(site -> layers.contains(site.label().layer()))
        .map(AttentionSite::name)
        .collect(Collectors.toSet());
  }

  /// Runs the model.
  public ModelRun run(Inputs inputs, MapRequest request) {
    return model.run(inputs, request);
  }

  /// The number of samples: the leading size that most inputs share.
  public static int batch(Inputs inputs) {
    Map<Integer, Integer> counts = new LinkedHashMap<>();
    for (String name : inputs.names()) {
      if (inputs.get(name).shape().rank() > 1) {
        counts.merge(inputs.get(name).shape().intSize(0), 1, Integer::sum);
      }
    }
    return counts.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElse(1);
  }

  /// What one sample looked at. Positions are called by their token ids where an input of ids has
  /// as many, else by their numbers.
  public AttentionTrace trace(ModelRun run, Inputs inputs, int sample) {
    int batch = batch(inputs);
    Map<String, String> facts = new LinkedHashMap<>();
    model.facts().forEach((name, fact) -> facts.put(name.equals("file") ? "model" : name, fact));
    if (batch > 1) {
      facts.put("sample", sample + " of " + batch);
    }
    return run.trace(
        sample,
        batch,
        (site, queries, keys) -> {
          boolean cross = site.label().kind().text().equals("cross");
          boolean decoder = cross || site.label().kind().text().equals("decoder");
          String own =
              decoder && inputs.has("decoder_input_ids") ? "decoder_input_ids" : "input_ids";
          return new ModelRun.Sides(
              labels(inputs, own, sample, queries),
              labels(inputs, cross ? "input_ids" : own, sample, keys));
        },
        facts);
  }

  /// The norms of one sample, named as its maps; none where they were not asked for or found.
  public List<AttentionMap> norms(ModelRun run, Inputs inputs, int sample) {
    List<SiteMap> lengths = new ArrayList<>();
    for (SiteMap map : run.maps()) {
      Tensor norms = map.norms();
      if (norms != null) {
        lengths.add(new SiteMap(map.site(), norms, map.proof(), null, ""));
      }
    }
    return lengths.isEmpty()
        ? List.of()
        : trace(new ModelRun(Map.of(), lengths, List.of()), inputs, sample).maps();
  }

  private static Labels labels(Inputs inputs, String name, int sample, int count) {
    if (inputs.find(name) instanceof LongTensor ids
        && ids.shape().rank() == 2
        && ids.shape().size(1) == count) {
      List<String> texts = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        texts.add(Long.toString(ids.at((long) sample * count + i)));
      }
      return Labels.tokens(texts);
    }
    return Labels.numbered(count);
  }

  /// The maps of the whole batch and the model's own outputs under the names that published
  /// implementations give them: `attentions.N` of the only stack, else `encoder_attentions.N`,
  /// `decoder_attentions.N`, `cross_attentions.N` …; `norms.` before the name for the norms.
  public static Map<String, NdArray> arrays(ModelRun run) {
    boolean onlyStack =
        run.maps().stream().allMatch(map -> map.site().label().kind() == MapLabel.Kind.ENCODER);
    Map<String, NdArray> arrays = new LinkedHashMap<>(run.outputs());
    for (SiteMap map : run.maps()) {
      String kind = onlyStack ? "" : map.site().label().kind().text() + "_";
      String name = kind + "attentions." + map.site().label().layer();
      arrays.put(name, map.weights());
      NdArray norms = map.norms();
      if (norms != null) {
        arrays.put("norms." + name, norms);
      }
    }
    return arrays;
  }

  @Override
  public void close() {
    model.close();
  }
}
