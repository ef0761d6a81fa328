package io.github.attention4j.api.trace;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a model looked at for one sample: its attention maps and where they come from.
///
/// @param maps in the order they ran
/// @param facts about the run, for people and files: `model`, `text`, `prediction`, `provider` …
public record AttentionTrace(List<AttentionMap> maps, Map<String, String> facts) {
  public AttentionTrace {
    maps = List.copyOf(maps);
    facts = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(facts));
  }

  /// The map of this name.
  ///
  /// @throws IllegalArgumentException if there is none
  public AttentionMap map(String name) {
    return maps.stream()
        .filter(map -> map.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "map: expected one of "
                    + maps.stream().map(AttentionMap::name).toList()
                    + ", got '"
                    + name
                    + "'"));
  }
}
