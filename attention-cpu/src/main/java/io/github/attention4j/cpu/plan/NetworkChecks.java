package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Port;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What can be checked about a [Network] and its inputs before anything is computed.
public final class NetworkChecks {
  private NetworkChecks() {}

  /// Why the network means nothing; empty if it is fine.
  public static List<String> refused(Network network) {
    List<String> reasons = new ArrayList<>();
    for (Network.Node node : network.nodes()) {
      if (node.layer() instanceof Layer.Attend attend) {
        switch (attend.mechanism()) {
          case Mechanism.Pairwise _,
              Mechanism.Linearized _,
              Mechanism.Recurrent _,
              Mechanism.LowRank _,
              Mechanism.Landmark _,
              Mechanism.NearestKeys _ -> {}
          case Mechanism.LongConvolution _,
              Mechanism.NtmAddressing _,
              Mechanism.MultiHop _,
              Mechanism.WordMemory _,
              Mechanism.ProductKeys _ ->
              reasons.add(
                  "node "
                      + node.name()
                      + ": "
                      + attend.mechanism().getClass().getSimpleName()
                      + " does not attend from queries to keys and values");
        }
      }
    }
    return reasons;
  }

  /// The convolutions that go on from earlier steps in a session: those that are given the next
  /// positions. What comes from a [Layer.Append] is there from the first position on.
  public static Set<String> continuing(Network network) {
    Set<String> whole = new HashSet<>();
    Set<String> continuing = new HashSet<>();
    for (Network.Node node : network.nodes()) {
      boolean given =
          node.layer() instanceof Layer.Attend
              ? whole.contains(node.inputs().getFirst())
              : node.inputs().stream().anyMatch(whole::contains);
      if (given || node.layer() instanceof Layer.Append) {
        whole.add(node.name());
      } else if (node.layer() instanceof Layer.ShortConvolution
          || node.layer() instanceof Layer.Hyena) {
        continuing.add(node.name());
      }
    }
    return continuing;
  }

  /// Refuses a session of a network that would attend to its own step only.
  ///
  /// @throws UnsupportedRequestException if a mechanism depends on earlier positions and does not
  ///   remember them
  public static void checkSession(Network network) {
    for (Network.Node node : network.nodes()) {
      if (node.layer() instanceof Layer.Attend attend) {
        boolean forgets =
            switch (attend.mechanism()) {
              case Mechanism.Linearized linearized -> causal(linearized.scope());
              case Mechanism.Recurrent _, Mechanism.Landmark _, Mechanism.NearestKeys _ -> true;
              case Mechanism.Pairwise _,
                  Mechanism.LowRank _,
                  Mechanism.LongConvolution _,
                  Mechanism.NtmAddressing _,
                  Mechanism.MultiHop _,
                  Mechanism.WordMemory _,
                  Mechanism.ProductKeys _ ->
                  false;
            };
        if (forgets) {
          throw new UnsupportedRequestException(
              "session: node "
                  + node.name()
                  + ": "
                  + attend.mechanism().getClass().getSimpleName()
                  + " does not go on from earlier steps; run the whole sequence");
        }
      }
    }
  }

  private static boolean causal(Scope scope) {
    return scope instanceof Scope.Causal
        || (scope instanceof Scope.And(List<Scope> scopes)
            && scopes.stream().anyMatch(NetworkChecks::causal));
  }

  /// Refuses maps that are not there.
  ///
  /// @throws IllegalArgumentException if a name is no attention node
  /// @throws UnsupportedRequestException if a node has no weights of queries over keys
  public static void checkMaps(Network network, Set<String> maps) {
    List<String> nodes = network.attentionNodes();
    for (String map : maps) {
      if (!nodes.contains(map)) {
        throw new IllegalArgumentException(
            "maps: expected attention nodes of network "
                + network.name()
                + " "
                + nodes
                + ", got '"
                + map
                + "'");
      }
      if (network.node(map).layer() instanceof Layer.Attend attend
          && (attend.mechanism() instanceof Mechanism.Recurrent
              || attend.mechanism() instanceof Mechanism.NearestKeys)) {
        throw new UnsupportedRequestException(
            "node "
                + map
                + ": "
                + attend.mechanism().getClass().getSimpleName()
                + " has no map of queries over keys");
      }
    }
  }

  /// Checks the inputs of a run against the network's ports: types, ranks, fixed sizes, and that
  /// sizes of one name agree.
  ///
  /// @throws IllegalArgumentException if one is missing or does not fit
  public static void checkInputs(Network network, Inputs inputs) {
    Map<String, Long> named = new HashMap<>();
    for (Port port : network.inputs()) {
      NdArray array = inputs.get(port.name());
      boolean fits = array.type() == port.type() && array.shape().rank() == port.axes().size();
      for (int axis = 0; fits && axis < port.axes().size(); axis++) {
        String name = port.axes().get(axis);
        long size = array.shape().size(axis);
        long expected =
            isNumber(name) ? Long.parseLong(name) : named.computeIfAbsent(name, _ -> size);
        fits = expected == size;
      }
      if (!fits) {
        throw new IllegalArgumentException(
            port.name()
                + ": expected "
                + port.type().name().toLowerCase(java.util.Locale.ROOT)
                + " "
                + port.axes()
                + (named.isEmpty() ? "" : " with " + named)
                + ", got "
                + array.describe());
      }
    }
  }

  private static boolean isNumber(String axis) {
    return !axis.isEmpty() && axis.chars().allMatch(c -> c >= '0' && c <= '9');
  }
}
