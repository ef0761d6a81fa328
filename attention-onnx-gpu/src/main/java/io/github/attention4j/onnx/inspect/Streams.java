package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Tells which stream looks at which, from the graph alone.
///
/// Every value knows the inputs and the sites it depends on. A site looks at its own stream if what
/// its queries and its keys are projected from depend on the same inputs and the same earlier
/// sites; else it looks across. In a model that looks across, what the keys of such a look depend
/// on is the encoder. Two towers that look at each other, or never meet, are text and vision; what
/// reads an array of floats with three axes or more is vision.
final class Streams {
  private final Graph graph;
  private final Sources sources;
  private final List<? extends Found> sites;
  private final Map<String, Ancestry> known = new HashMap<>();
  private final List<String> inputs = new ArrayList<>();

  private record Ancestry(BitSet inputs, BitSet sites) {}

  Streams(Graph graph, Sources sources, List<? extends Found> sites) {
    this.graph = graph;
    this.sources = sources;
    this.sites = sites;
    Map<Integer, Integer> ends = new HashMap<>();
    for (int site = 0; site < sites.size(); site++) {
      ends.put(sites.get(site).end(), site);
    }
    for (int i = 0; i < graph.size(); i++) {
      NodeProto node = graph.node(i);
      Ancestry all = ancestry(node.getInputList());
      Integer site = ends.get(i);
      if (site != null) {
        all.sites.set(site);
      }
      for (String output : node.getOutputList()) {
        if (graph.isData(output)) {
          known.put(output, all);
        }
      }
    }
  }

  private Ancestry ancestry(Iterable<String> values) {
    Ancestry all = new Ancestry(new BitSet(), new BitSet());
    for (String value : values) {
      if (graph.isInput(value)) {
        int number = inputs.indexOf(value);
        if (number < 0) {
          number = inputs.size();
          inputs.add(value);
        }
        all.inputs.set(number);
      } else {
        Ancestry one = known.get(value);
        if (one != null) {
          all.inputs.or(one.inputs);
          all.sites.or(one.sites);
        }
      }
    }
    return all;
  }

  /// The label of each site.
  List<MapLabel> labels() {
    List<Ancestry> queries = new ArrayList<>();
    List<Ancestry> keys = new ArrayList<>();
    BitSet crosses = new BitSet();
    for (int site = 0; site < sites.size(); site++) {
      queries.add(ancestry(sources.of(sites.get(site).queries())));
      keys.add(ancestry(sources.of(sites.get(site).keys())));
      if (!queries.get(site).equals(keys.get(site))) {
        crosses.set(site);
      }
    }
    boolean twoStreams =
        crosses.stream().anyMatch(site -> keys.get(site).sites.intersects(crosses))
            || (crosses.isEmpty() && disjoint(queries));
    List<MapLabel.Kind> kinds =
        twoStreams ? twoStreams(queries, keys, crosses) : encoderDecoder(keys, crosses);
    Map<MapLabel.Kind, Integer> counts = new EnumMap<>(MapLabel.Kind.class);
    List<MapLabel> labels = new ArrayList<>();
    for (MapLabel.Kind kind : kinds) {
      labels.add(new MapLabel(kind, counts.merge(kind, 1, Integer::sum) - 1));
    }
    return labels;
  }

  private static boolean disjoint(List<Ancestry> all) {
    for (Ancestry one : all) {
      for (Ancestry other : all) {
        if (!one.inputs.isEmpty()
            && !other.inputs.isEmpty()
            && !one.inputs.intersects(other.inputs)) {
          return true;
        }
      }
    }
    return false;
  }

  private List<MapLabel.Kind> encoderDecoder(List<Ancestry> keys, BitSet crosses) {
    BitSet encoder = new BitSet();
    crosses.stream().forEach(site -> encoder.or(keys.get(site).sites));
    List<MapLabel.Kind> kinds = new ArrayList<>();
    for (int site = 0; site < sites.size(); site++) {
      if (crosses.get(site)) {
        kinds.add(MapLabel.Kind.CROSS);
      } else {
        kinds.add(
            crosses.isEmpty() || encoder.get(site) ? MapLabel.Kind.ENCODER : MapLabel.Kind.DECODER);
      }
    }
    return kinds;
  }

  private List<MapLabel.Kind> twoStreams(
      List<Ancestry> queries, List<Ancestry> keys, BitSet crosses) {
    boolean[] text = new boolean[sites.size()];
    List<MapLabel.Kind> kinds = new ArrayList<>();
    for (int site = 0; site < sites.size(); site++) {
      Ancestry query = queries.get(site);
      int before = last(query.sites, queries, keys, site);
      text[site] = before < 0 ? readsText(query) : text[before];
      boolean met = query.sites.intersects(crosses);
      if (crosses.get(site)) {
        kinds.add(text[site] ? MapLabel.Kind.TEXT_TO_VISION : MapLabel.Kind.VISION_TO_TEXT);
      } else if (met) {
        kinds.add(text[site] ? MapLabel.Kind.CROSS_TEXT : MapLabel.Kind.CROSS_VISION);
      } else {
        kinds.add(text[site] ? MapLabel.Kind.TEXT : MapLabel.Kind.VISION);
      }
    }
    return kinds;
  }

  /** The latest site of the same stream: the one that no other site before this one builds upon. */
  private static int last(BitSet before, List<Ancestry> queries, List<Ancestry> keys, int site) {
    int last = -1;
    for (int one = before.nextSetBit(0); one >= 0 && one < site; one = before.nextSetBit(one + 1)) {
      boolean builtUpon = false;
      for (int other = before.nextSetBit(0); other >= 0; other = before.nextSetBit(other + 1)) {
        builtUpon |= queries.get(other).sites.get(one) || keys.get(other).sites.get(one);
      }
      if (!builtUpon) {
        last = one;
      }
    }
    return last;
  }

  private boolean readsText(Ancestry ancestry) {
    return ancestry.inputs.stream().noneMatch(input -> graph.isFeature(inputs.get(input)));
  }
}
