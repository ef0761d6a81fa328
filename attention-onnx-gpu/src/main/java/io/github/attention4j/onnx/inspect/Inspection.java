package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.spi.AttentionSite;
import io.github.attention4j.api.spi.InspectedModel.Refusal;
import io.github.attention4j.api.spi.MapRequest;
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

/** The attention of a graph without calls and branches, and the sessions that show it. */
final class Inspection implements AutoCloseable {
  /** As many heads as no published model exceeds, to tell without a run that maps are small. */
  private static final long MANY_HEADS = 128;

  /** As wide as no published model is, for the values and weighted sums beside a map. */
  private static final long WIDE_MODEL = 16_384;

  private final ModelFile file;
  private final Settings settings;
  private final Graph graph;
  private final List<Found> found = new ArrayList<>();
  private final List<AttentionSite> sites = new ArrayList<>();
  private final List<Refusal> refusals = new ArrayList<>();
  private final Set<String> caches;
  private @Nullable Prepared prepared;
  private @Nullable RuntimeSession embedding;

  Inspection(ModelFile file, Settings settings) {
    this.file = file;
    this.settings = settings;
    this.graph = new Graph(file.model().getGraph(), file.opset());
    Sources sources = new Sources(graph);
    find(sources);
    this.caches = Ports.caches(graph, sources, found);
  }

  List<AttentionSite> sites() {
    return List.copyOf(sites);
  }

  List<Refusal> refusals() {
    return List.copyOf(refusals);
  }

  /// The inputs that are key/value caches.
  Set<String> caches() {
    return caches;
  }

  /// Loads the model as it shows everything, so that what the runtime refuses is refused now.
  void load() {
    prepare(all(), false);
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

  ModelRun run(Inputs inputs, MapRequest request) {
    Set<Integer> wanted = wanted(request);
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

  /// What tables of embeddings say of the ids of a run, by the input that holds the ids.
  Map<String, Tensor> embeddings(Inputs inputs) {
    Extension extension = new Extension(graph);
    Map<String, String> outputs = new LinkedHashMap<>();
    for (int index = 0; index < graph.size(); index++) {
      String ids = graph.embedded(index);
      if (!ids.isEmpty() && !outputs.containsKey(ids)) {
        outputs.put(ids, extension.expose(graph.node(index).getOutput(0)));
      }
    }
    if (outputs.isEmpty()) {
      return Map.of();
    }
    RuntimeSession session = embedding;
    if (session == null) {
      session = new RuntimeSession(file, extension.bytes(), settings);
      embedding = session;
    }
    Fetched fetched = session.run(inputs, new LinkedHashSet<>(outputs.values()));
    Map<String, Tensor> embeddings = new LinkedHashMap<>();
    outputs.forEach((ids, output) -> {
      if (fetched.array(output) instanceof Tensor rows && rows.shape().rank() == 3) {
        embeddings.put(ids, rows);
      }
    });
    return embeddings;
  }

  /** How large what a site needs is: its map, and what a run returns beside it for the proof. */
  // Read once, never compared or published.
  @SuppressWarnings("ArrayRecordComponent")
  private record Need(long[] map, double beside) {
    double bytes(MapRequest request) {
      double bytes = request.norms() ? 2.0 * Float.BYTES : Float.BYTES;
      for (long size : map) {
        bytes *= size;
      }
      return bytes;
    }

    /** What is left of the map, where only some heads are asked for. */
    double kept(MapRequest request) {
      boolean counts = map.length == 4 && !request.heads().isEmpty();
      return counts
          ? bytes(request) / Math.max(1, map[1]) * request.heads().size()
          : bytes(request);
    }
  }

  /**
   * The sites to show in one run each: as many as fit at once, with the values and weighted sums
   * that their proofs read. Refuses what would be too large: by a bound where that is enough, else
   * by a run that returns sizes only.
   */
  private List<Set<Integer>> parts(Inputs inputs, Set<Integer> wanted, MapRequest request) {
    double elements = 1;
    for (String name : inputs.names()) {
      elements = Math.max(elements, (double) inputs.get(name).shape().elements());
    }
    double cells = elements * elements * MANY_HEADS * (request.norms() ? 2 : 1);
    double bound = (cells + 2 * elements * WIDE_MODEL) * Float.BYTES * wanted.size();
    if (bound <= request.maximumBytes() || wanted.isEmpty()) {
      return List.of(wanted);
    }
    List<Set<Integer>> parts = new ArrayList<>();
    double part = 0;
    double largest = 0;
    double kept = 0;
    for (Map.Entry<Integer, Need> entry : needs(inputs, wanted).entrySet()) {
      Need need = entry.getValue();
      double bytes = need.bytes(request) + need.beside;
      kept += need.kept(request);
      if (parts.isEmpty() || part + bytes > request.maximumBytes()) {
        parts.add(new TreeSet<>());
        part = 0;
      }
      part += bytes;
      largest = Math.max(largest, bytes - need.kept(request));
      parts.getLast().add(entry.getKey());
    }
    if (kept + largest > request.maximumBytes()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "maps: expected at most %d bytes, got %d sites with %.0f, and %.0f more to read and prove one: "
                  + "choose fewer sites (layers) or heads, or raise the bound",
              request.maximumBytes(),
              wanted.size(),
              kept,
              largest));
    }
    return parts;
  }

  /** What each site needs, from a run that returns nothing but sizes. */
  private Map<Integer, Need> needs(Inputs inputs, Set<Integer> wanted) {
    Extension extension = new Extension(graph);
    Map<Integer, String> maps = new LinkedHashMap<>();
    Map<Integer, List<String>> beside = new LinkedHashMap<>();
    for (int site : wanted) {
      maps.put(
          site,
          switch (found.get(site)) {
            case Decomposed one -> extension.shape(one.weights());
            case Fused one when isProjecting(one) -> ProjectingReading.size(graph, extension, one);
            case Fused one -> FusedReading.size(graph, extension, one);
          });
      NodeProto end = graph.node(found.get(site).end());
      List<String> read = new ArrayList<>(List.of(extension.shape(end.getOutput(0))));
      String values = values(found.get(site), end);
      if (!values.isEmpty()) {
        read.add(extension.shape(values));
      }
      beside.put(site, read);
    }
    Set<String> outputs = new LinkedHashSet<>(maps.values());
    beside.values().forEach(outputs::addAll);
    Map<Integer, Need> needs = new LinkedHashMap<>();
    try (RuntimeSession session = new RuntimeSession(file, extension.bytes(), settings)) {
      Fetched fetched = session.run(inputs, outputs);
      maps.forEach((site, name) -> {
        double bytes = 0;
        for (String size : beside.getOrDefault(site, List.of())) {
          double elements = Float.BYTES;
          for (long axis : fetched.shape(size)) {
            elements *= axis;
          }
          bytes += elements;
        }
        long[] shape = fetched.shape(name);
        needs.put(
            site,
            new Need(
                found.get(site) instanceof Fused one && isProjecting(one)
                    ? ProjectingReading.sizes(graph, one, shape)
                    : shape,
                bytes));
      });
    }
    return needs;
  }

  private static String values(Found site, NodeProto end) {
    return switch (site) {
      case Decomposed one -> Products.other(end, one.product().input());
      case Fused _ -> Graph.input(end, 2);
    };
  }

  @Override
  public void close() {
    Prepared ready = prepared;
    prepared = null;
    if (ready != null) {
      ready.session.close();
    }
    RuntimeSession open = embedding;
    embedding = null;
    if (open != null) {
      open.close();
    }
  }
}
