package io.github.attention4j.api.spi;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/// Which attention maps a run of a foreign model returns.
///
/// @param sites names of sites; empty means all
/// @param heads numbers of heads from 0, the same for every site; empty means all. Maps then hold
///   these heads only, in ascending order
/// @param norms whether to also compute ‖α f(x)‖, see [SiteMap#norms]
/// @param maximumBytes how large the maps may be together
public record MapRequest(Set<String> sites, Set<Integer> heads, boolean norms, long maximumBytes) {
  /// The usual bound, 2 GiB.
  public static final long USUAL_MAXIMUM_BYTES = 2L << 30;

  public MapRequest {
    sites = Set.copyOf(sites);
    heads = Collections.unmodifiableSet(new TreeSet<>(heads));
    for (int head : heads) {
      if (head < 0) {
        throw new IllegalArgumentException("heads: expected numbers >= 0, got " + head);
      }
    }
    if (maximumBytes < 0) {
      throw new IllegalArgumentException("maximumBytes: expected >= 0, got " + maximumBytes);
    }
  }

  /// All maps, no norms, the usual bound.
  public static MapRequest all() {
    return new MapRequest(Set.of(), Set.of(), false, USUAL_MAXIMUM_BYTES);
  }

  /// The same for these sites only.
  public MapRequest sites(Set<String> newSites) {
    return new MapRequest(newSites, heads, norms, maximumBytes);
  }

  /// The same for these heads only.
  public MapRequest heads(Set<Integer> newHeads) {
    return new MapRequest(sites, newHeads, norms, maximumBytes);
  }

  /// The same with norms.
  public MapRequest withNorms() {
    return new MapRequest(sites, heads, true, maximumBytes);
  }

  /// The same with another bound.
  public MapRequest maximumBytes(long newMaximum) {
    return new MapRequest(sites, heads, norms, newMaximum);
  }
}
