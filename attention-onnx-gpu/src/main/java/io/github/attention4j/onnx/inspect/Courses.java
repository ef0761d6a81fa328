package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Settings;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The graphs that remain of a model when each `If` has become the branch it takes.
///
/// Conditions that are inputs or constants are read; others, such as on a size, take a run of the
/// model as it stands. A branch may hold further branches, so this goes on until none is left.
final class Courses implements AutoCloseable {
  private static final int MOST_ROUNDS = 16;

  /** Each holds a session, and a session holds the weights. */
  private static final int MOST_KEPT = 2;

  private final ModelFile file;
  private final Settings settings;
  private final Map<Map<String, Boolean>, Inspection> kept = new LinkedHashMap<>();
  private final Map<Map<String, Boolean>, Probe> probes = new HashMap<>();
  private @Nullable Inspection latest;

  Courses(ModelFile file, Settings settings) {
    this.file = file;
    this.settings = settings;
  }

  /// The graph if every condition that is not constant were this.
  Inspection unasked(boolean condition) {
    Map<String, Boolean> choices = new HashMap<>();
    GraphProto graph = file.model().getGraph();
    for (List<NodeProto> open = Branches.open(graph);
        !open.isEmpty();
        open = Branches.open(graph)) {
      checkRounds(choices, open);
      for (NodeProto branching : open) {
        Boolean known = Branches.known(graph, branching, null);
        choices.put(Branches.key(branching), known == null ? condition : known);
      }
      graph = Branches.taken(graph, choices);
    }
    return inspection(choices, graph);
  }

  /// The graph that a run on these inputs takes.
  Inspection of(Inputs inputs) {
    Map<String, Boolean> choices = new HashMap<>();
    GraphProto graph = file.model().getGraph();
    for (List<NodeProto> open = Branches.open(graph);
        !open.isEmpty();
        open = Branches.open(graph)) {
      checkRounds(choices, open);
      Set<String> unknown = new LinkedHashSet<>();
      for (NodeProto branching : open) {
        Boolean known = Branches.known(graph, branching, inputs);
        if (known == null) {
          unknown.add(Branches.condition(branching));
        } else {
          choices.put(Branches.key(branching), known);
        }
      }
      if (!unknown.isEmpty()) {
        Map<String, Boolean> told = probe(choices, graph, unknown).run(inputs);
        for (NodeProto branching : open) {
          Boolean truth = told.get(Branches.condition(branching));
          if (truth != null) {
            choices.put(Branches.key(branching), truth);
          }
        }
      }
      graph = Branches.taken(graph, choices);
    }
    return inspection(choices, graph);
  }

  /// The last one that was asked for.
  Inspection latest() {
    return latest == null ? unasked(false) : latest;
  }

  private void checkRounds(Map<String, Boolean> choices, List<NodeProto> open) {
    for (NodeProto branching : open) {
      if (choices.containsKey(Branches.key(branching)) || choices.size() > MOST_ROUNDS * 1024) {
        throw new IllegalArgumentException(
            file.path()
                + ": expected branches that end, got '"
                + branching.getName()
                + "' without a graph for its condition");
      }
    }
  }

  private Inspection inspection(Map<String, Boolean> choices, GraphProto graph) {
    Inspection inspection = kept.remove(choices);
    if (inspection == null) {
      inspection = new Inspection(choices.isEmpty() ? file : file.with(graph), settings);
      if (kept.size() == MOST_KEPT) {
        Map.Entry<Map<String, Boolean>, Inspection> oldest = kept.entrySet().iterator().next();
        oldest.getValue().close();
        kept.remove(oldest.getKey());
      }
    }
    kept.put(Map.copyOf(choices), inspection);
    latest = inspection;
    return inspection;
  }

  private Probe probe(Map<String, Boolean> choices, GraphProto graph, Set<String> conditions) {
    return probes.computeIfAbsent(
        Map.copyOf(choices),
        known -> new Probe(known.isEmpty() ? file : file.with(graph), conditions, settings));
  }

  /** A session that says what conditions are. */
  private static final class Probe {
    private final Map<String, String> outputs = new LinkedHashMap<>();
    private final RuntimeSession session;

    Probe(ModelFile file, Set<String> conditions, Settings settings) {
      Extension extension = new Extension(new Graph(file.model().getGraph(), file.opset()));
      for (String condition : conditions) {
        outputs.put(condition, extension.expose(condition));
      }
      session = new RuntimeSession(file, extension.bytes(), settings);
    }

    Map<String, Boolean> run(Inputs inputs) {
      Fetched fetched = session.run(inputs, new LinkedHashSet<>(outputs.values()));
      Map<String, Boolean> told = new HashMap<>();
      outputs.forEach((condition, output) -> {
        NdArray array = fetched.array(output);
        told.put(condition, array instanceof BooleanTensor one && one.at(0));
      });
      return told;
    }
  }

  @Override
  public void close() {
    kept.values().forEach(Inspection::close);
    kept.clear();
    probes.values().forEach(probe -> probe.session.close());
    probes.clear();
  }
}
