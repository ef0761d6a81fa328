package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.spi.AttentionSite;
import io.github.attention4j.api.spi.InspectedModel;
import io.github.attention4j.api.spi.MapRequest;
import io.github.attention4j.api.spi.ModelPort;
import io.github.attention4j.api.spi.ModelRun;
import io.github.attention4j.api.spi.SiteMap;
import io.github.attention4j.onnx.inspect.Found.Decomposed;
import io.github.attention4j.onnx.inspect.Found.Fused;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** An ONNX model with its attention found, and the sessions that show it. */
final class InspectedOnnxModel implements InspectedModel {
  /** As many heads as no published model exceeds, to tell without a run that maps are small. */
  private static final long MANY_HEADS = 128;

  private final ModelFile file;
  private final Settings settings;
  private final Graph graph;
  private final List<Found> found = new ArrayList<>();
  private final List<AttentionSite> sites = new ArrayList<>();
  private final List<Refusal> refusals = new ArrayList<>();
  private final Ports ports;
  private @Nullable Prepared prepared;
  private boolean closed;

  InspectedOnnxModel(ModelFile file, Settings settings) {
    this.file = file;
    this.settings = settings;
    this.graph = new Graph(file.model().getGraph(), file.opset());
    Sources sources = new Sources(graph);
    find(sources);
    this.ports = new Ports(graph, file.model().getGraph(), sources, found);
    this.prepared = new Prepared(all(), false);
  }

  private void find(Sources sources) {
    SoftmaxFinder softmaxes = new SoftmaxFinder(graph, sources);
    FusedFinder fused = new FusedFinder(graph);
    for (int index = 0; index < graph.size(); index++) {
      Found site = fused.find(index);
      if (site == null) {
        site = softmaxes.find(index);
      }
      if (site != null) {
        found.add(site);
      }
    }
    refusals.addAll(fused.refusals());
    refusals.addAll(softmaxes.refusals());
    refusals.addAll(Hidden.refusals(graph, file.model()));
    List<MapLabel> labels = new Streams(graph, sources, found).labels();
    for (int i = 0; i < found.size(); i++) {
      Found site = found.get(i);
      NodeProto node = graph.node(site.node());
      sites.add(
          new AttentionSite(
              graph.name(site.node()), Graph.operator(node), labels.get(i), method(site, node)));
    }
  }

  private String method(Found site, NodeProto node) {
    return switch (site) {
      case Decomposed decomposed -> "read: '" + decomposed.weights() + "'";
      case Fused _ when Graph.isMicrosoft(node, "Attention", "QAttention") ->
          "recomputed: from what the operator reads";
      case Fused _ when Graph.isMicrosoft(node, "MultiHeadAttention") ->
          "read: the operator's qk output, then softmax";
      case Fused _ when Graph.isMicrosoft(node, "GroupQueryAttention") ->
          "read: the operator's qk_output 2";
      case Fused _ when cuda() -> "recomputed: from what the operator reads";
      case Fused _ -> "read: the operator's qk_matmul_output, mode 3";
    };
  }

  private boolean cuda() {
    return settings.device().startsWith("cuda");
  }

  private Set<Integer> all() {
    Set<Integer> all = new TreeSet<>();
    for (int i = 0; i < found.size(); i++) {
      all.add(i);
    }
    return all;
  }

  /** A session that shows some sites. */
  private final class Prepared {
    private final Set<Integer> shown;
    private final boolean norms;
    private final Map<Integer, Reading> readings = new LinkedHashMap<>();
    private final RuntimeSession session;

    Prepared(Set<Integer> shown, boolean norms) {
      this.shown = shown;
      this.norms = norms;
      Extension extension = new Extension(graph);
      for (int site : shown) {
        readings.put(
            site,
            switch (found.get(site)) {
              case Decomposed one -> new DecomposedReading(graph, extension, one, norms);
              case Fused one when isProjecting(one) ->
                  new ProjectingReading(graph, extension, one, norms);
              case Fused one -> new FusedReading(graph, extension, one, norms, cuda());
            });
      }
      session = new RuntimeSession(file, extension.bytes(), settings);
    }

    boolean shows(Set<Integer> wanted, boolean wantedNorms) {
      return shown.equals(wanted) && norms == wantedNorms;
    }
  }

  private boolean isProjecting(Fused site) {
    return Graph.isMicrosoft(graph.node(site.node()), "Attention", "QAttention");
  }

  @Override
  public Map<String, String> facts() {
    return ports.facts(file);
  }

  @Override
  public List<ModelPort> inputs() {
    return ports.inputs();
  }

  @Override
  public List<ModelPort> outputs() {
    return ports.outputs();
  }

  @Override
  public List<AttentionSite> sites() {
    return List.copyOf(sites);
  }

  @Override
  public List<Refusal> refusals() {
    return List.copyOf(refusals);
  }

  @Override
  public synchronized ModelRun run(Inputs given, MapRequest request) {
    if (closed) {
      throw new IllegalStateException(file.path() + ": closed");
    }
    Set<Integer> wanted = wanted(request);
    Inputs inputs = ports.complete(given);
    Map<String, NdArray> own = new LinkedHashMap<>();
    List<SiteMap> maps = new ArrayList<>();
    List<Refusal> notShown = new ArrayList<>();
    for (Set<Integer> part : parts(inputs, wanted, request)) {
      Prepared ready = prepare(part, request.norms());
      Set<String> outputs = new LinkedHashSet<>();
      graph.outputs().forEach(output -> outputs.add(output.getName()));
      ready.readings.values().forEach(reading -> outputs.addAll(reading.outputs()));
      Fetched fetched = ready.session.run(inputs, outputs);
      ready.readings.forEach((site, reading) -> {
        try {
          maps.add(map(sites.get(site), reading.read(fetched), request));
        } catch (NotShownException reason) {
          notShown.add(
              new Refusal(
                  sites.get(site).name(),
                  sites.get(site).operator(),
                  String.valueOf(reason.getMessage())));
        }
      });
      for (ValueInfoProto output : graph.outputs()) {
        NdArray array = fetched.arrays().get(output.getName());
        if (array != null) {
          own.put(output.getName(), array);
        }
      }
    }
    return new ModelRun(own, maps, notShown);
  }

  private SiteMap map(AttentionSite site, Reading.Shown shown, MapRequest request) {
    return new SiteMap(
        site,
        Layout.heads(shown.weights(), request.heads()),
        shown.proof(),
        shown.norms() == null ? null : Layout.heads(shown.norms(), request.heads()),
        request.norms() ? shown.normsReason() : "");
  }

  private Set<Integer> wanted(MapRequest request) {
    if (request.sites().isEmpty()) {
      return all();
    }
    List<String> names = sites.stream().map(AttentionSite::name).toList();
    Set<Integer> wanted = new TreeSet<>();
    for (String name : request.sites()) {
      int site = names.indexOf(name);
      if (site < 0) {
        throw new IllegalArgumentException(
            "sites: expected names among " + names + ", got '" + name + "'");
      }
      wanted.add(site);
    }
    return wanted;
  }

  private Prepared prepare(Set<Integer> wanted, boolean norms) {
    Prepared ready = prepared;
    if (ready == null || !ready.shows(wanted, norms)) {
      if (ready != null) {
        prepared = null;
        ready.session.close();
      }
      ready = new Prepared(wanted, norms);
      prepared = ready;
    }
    return ready;
  }

  /**
   * The sites to show in one run each: all at once, or, where only some heads are asked for, as
   * many as fit before the others are dropped. Refuses what would be too large: by a bound where
   * that is enough, else by a run that returns sizes only.
   */
  private List<Set<Integer>> parts(Inputs inputs, Set<Integer> wanted, MapRequest request) {
    long elements = 1;
    for (String name : inputs.names()) {
      elements = Math.max(elements, inputs.get(name).shape().elements());
    }
    double bound = (double) elements * elements * MANY_HEADS * cellBytes(request) * wanted.size();
    if (bound <= request.maximumBytes() || wanted.isEmpty()) {
      return List.of(wanted);
    }
    List<Set<Integer>> parts = new ArrayList<>();
    double part = 0;
    double kept = 0;
    for (Map.Entry<Integer, long[]> entry : shapes(inputs, wanted).entrySet()) {
      double cells = 1;
      for (long size : entry.getValue()) {
        cells *= size;
      }
      double bytes = cells * cellBytes(request);
      boolean countsHeads = entry.getValue().length == 4 && !request.heads().isEmpty();
      kept +=
          countsHeads ? bytes / Math.max(1, entry.getValue()[1]) * request.heads().size() : bytes;
      boolean fits = request.heads().isEmpty() || part + bytes <= request.maximumBytes();
      if (parts.isEmpty() || !fits) {
        parts.add(new TreeSet<>());
        part = 0;
      }
      part += bytes;
      parts.getLast().add(entry.getKey());
    }
    if (kept > request.maximumBytes()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "maps: expected at most %d bytes, got %d sites with %.0f: choose fewer sites (layers) or heads, "
                  + "or raise the bound",
              request.maximumBytes(),
              wanted.size(),
              kept));
    }
    return parts;
  }

  private static long cellBytes(MapRequest request) {
    return request.norms() ? 2 * Float.BYTES : Float.BYTES;
  }

  /** The sizes of the maps as the graph holds them, from a run that returns nothing else. */
  private Map<Integer, long[]> shapes(Inputs inputs, Set<Integer> wanted) {
    Extension extension = new Extension(graph);
    Map<Integer, String> names = new LinkedHashMap<>();
    for (int site : wanted) {
      names.put(
          site,
          switch (found.get(site)) {
            case Decomposed one -> extension.shape(one.weights());
            case Fused one when isProjecting(one) -> ProjectingReading.size(graph, extension, one);
            case Fused one -> FusedReading.size(graph, extension, one);
          });
    }
    Map<Integer, long[]> shapes = new LinkedHashMap<>();
    try (RuntimeSession session = new RuntimeSession(file, extension.bytes(), settings)) {
      Fetched fetched = session.run(inputs, new LinkedHashSet<>(names.values()));
      names.forEach((site, name) -> {
        long[] shape = fetched.shape(name);
        shapes.put(
            site,
            found.get(site) instanceof Fused one && isProjecting(one)
                ? ProjectingReading.sizes(graph, one, shape)
                : shape);
      });
    }
    return shapes;
  }

  @Override
  public synchronized void close() {
    closed = true;
    Prepared ready = prepared;
    prepared = null;
    if (ready != null) {
      ready.session.close();
    }
  }
}
