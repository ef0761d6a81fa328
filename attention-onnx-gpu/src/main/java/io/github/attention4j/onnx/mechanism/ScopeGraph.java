package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Scope;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The stage `scope`: which pairs are allowed, as a bool value that broadcasts to `[batch, heads,
/// queries, keys]`; formulas stand at [Scope].
final class ScopeGraph {
  private final Graph graph;
  private final Sources sources;
  private final Positions positions;

  ScopeGraph(Graph graph, Sources sources, Positions positions) {
    this.graph = graph;
    this.sources = sources;
    this.positions = positions;
  }

  /// The allowed pairs; null where all are.
  @Nullable Value allowed(Scope scope) {
    return scope instanceof Scope.Full
        ? null
        : graph.stage("scope", scope.getClass().getSimpleName(), () -> write(scope));
  }

  /// Whether every query is sure to have an allowed key, if there is any key.
  static boolean neverEmpty(Scope scope, Placement placement) {
    return scope instanceof Scope.Full
        || (scope instanceof Scope.Causal
            && placement instanceof Placement.Start(var offset)
            && offset >= 0);
  }

  private Value write(Scope scope) {
    return switch (scope) {
      case Scope.Full _ -> graph.scalar(Type.BOOL, 1);
      case Scope.Causal _ -> positions.key().atMost(positions.query());
      case Scope.Window window -> window(window);
      case Scope.GlobalKeys(var input) -> sources.booleans(input, "batch", "keys").unsqueeze(1, 2);
      case Scope.GlobalQueries(var input) -> globalQueries(input);
      case Scope.Strided(var stride) -> positions.distance().modulo(stride).same(0);
      case Scope.Summaries(var stride, var count) ->
          positions.key().modulo(stride).atLeast(graph.scalar(stride - count));
      case Scope.BlockWindow(var block, var back, var ahead) -> {
        Value query = positions.query().floorDivide(block);
        Value key = positions.key().floorDivide(block);
        yield key.atLeast(query.minus(graph.scalar(back)))
            .and(key.atMost(query.plus(graph.scalar(ahead))));
      }
      case Scope.GlobalBlocks(var block, var ids) ->
          ids.isEmpty()
              ? graph.scalar(Type.BOOL, 0)
              : isOneOf(positions.query().floorDivide(block), ids)
                  .or(isOneOf(positions.key().floorDivide(block), ids));
      case Scope.KeyBlocks(var block, var keyBlocks) -> keyBlocks(block, keyBlocks);
      case Scope.Lengths(var input) ->
          positions.key().less(sources.longs(input, "batch").unsqueeze(1, 2, 3));
      case Scope.Packed(var input) -> packed(sources.longs(input, "boundaries"));
      case Scope.Mask(var input) -> sources.pairs(input, Type.BOOL);
      case Scope.PerHead(var scopes) -> perHead(scopes);
      case Scope.And(var scopes) ->
          scopes.stream().map(this::write).reduce(Value::and).orElseThrow();
      case Scope.Or(var scopes) -> scopes.stream().map(this::write).reduce(Value::or).orElseThrow();
      case Scope.Not(var inner) -> write(inner).not();
    };
  }

  /// Positions of one sequence have as many offsets at or before them; those outside all sequences
  /// have none or all.
  private Value packed(Value offsets) {
    Value query = begun(positions.query(), offsets);
    Value key = begun(positions.key(), offsets);
    return query.same(key).and(key.atLeast(1)).and(key.less(offsets.size(0)));
  }

  private static Value begun(Value position, Value offsets) {
    return position.unsqueeze(4).atLeast(offsets).cast(Type.INT64).sum(4).squeeze(4);
  }

  private Value window(Scope.Window window) {
    Value distance = positions.distance();
    List<Value> conditions = new ArrayList<>();
    if (window.back() != Scope.UNBOUNDED) {
      conditions.add(distance.atLeast(graph.scalar(-reach(window.back(), window.dilation()))));
    }
    if (window.ahead() != Scope.UNBOUNDED) {
      conditions.add(distance.atMost(graph.scalar(reach(window.ahead(), window.dilation()))));
    }
    if (window.dilation() > 1) {
      conditions.add(distance.modulo(window.dilation()).same(0));
    }
    return conditions.stream().reduce(Value::and).orElseGet(() -> graph.scalar(Type.BOOL, 1));
  }

  /// Steps times dilation, at most half of all positions, so that sums do not overflow.
  private static long reach(long steps, long dilation) {
    long most = Long.MAX_VALUE / 2;
    return steps > most / dilation ? most : steps * dilation;
  }

  /// Positions outside the input are not global: an extra last element, false, stands for them.
  private Value globalQueries(String input) {
    Value given = sources.booleans(input, "batch", "length");
    Value outside =
        graph.scalar(Type.BOOL, 0).expand(Value.concat(0, given.size(0), graph.vector(1)));
    Value flags = Value.concat(1, given, outside);
    Value position = positions.query().squeeze(1, 3);
    Value length = given.size(1);
    Value inside = position.atLeast(0).and(position.less(length));
    Value index = inside.choose(position, length);
    Value all = index.expand(Value.concat(0, given.size(0), index.size(1)));
    return flags.gatherElements(all, 1).unsqueeze(1, 3);
  }

  private Value isOneOf(Value blocks, List<Long> ids) {
    return ids.stream()
        .distinct()
        .map(id -> blocks.same(graph.scalar(id)))
        .reduce(Value::or)
        .orElseThrow();
  }

  /// First which block of keys each block of queries sees, `[heads, query blocks + 1, key blocks]`,
  /// then which key each query sees. The extra last block of queries sees nothing.
  private Value keyBlocks(long block, LongTensor keyBlocks) {
    long blocks = keyBlocks.shape().size(1);
    if (keyBlocks.shape().size(0) != 1) {
      sources.fix("query_heads", keyBlocks.shape().size(0), "keyBlocks");
    }
    Value table = graph.parameter("scope.keyBlocks", keyBlocks);
    Value keyBlock = positions.key().squeeze(0, 1, 2).floorDivide(block);
    Value count = positions.keyCount().plus(graph.scalar(block - 1)).floorDivide(block);
    Value seen =
        table
            .unsqueeze(3)
            .same(count.squeeze(0).range())
            .cast(Type.INT32)
            .sum(2)
            .squeeze(2)
            .cast(Type.BOOL);
    Value none =
        graph
            .scalar(Type.BOOL, 0)
            .expand(Value.concat(0, graph.vector(keyBlocks.shape().size(0), 1), count));
    Value rows = Value.concat(1, seen, none);
    Value queryBlock = positions.query().squeeze(1, 3).floorDivide(block);
    Value inside = queryBlock.atLeast(0).and(queryBlock.less(graph.scalar(blocks)));
    Value index = inside.choose(queryBlock, graph.scalar(blocks));
    return rows.gather(index, 1).transpose(1, 0, 2, 3).gather(keyBlock, 3);
  }

  /// Heads of equal scopes are served together.
  private Value perHead(List<Scope> scopes) {
    sources.fix("query_heads", scopes.size(), "scopes");
    Map<Scope, List<Integer>> heads = new LinkedHashMap<>();
    for (int head = 0; head < scopes.size(); head++) {
      heads.computeIfAbsent(scopes.get(head), _ -> new ArrayList<>()).add(head);
    }
    if (heads.size() == 1) {
      return write(scopes.getFirst());
    }
    @Nullable Value all = null;
    for (Map.Entry<Scope, List<Integer>> entry : heads.entrySet()) {
      double[] owns = new double[scopes.size()];
      entry.getValue().forEach(head -> owns[head] = 1);
      Value mine =
          graph.constant(Type.BOOL, Type.BOOL.encode(owns), "heads", 1, scopes.size(), 1, 1);
      Value part = mine.and(write(entry.getKey()));
      all = all == null ? part : all.or(part);
    }
    return java.util.Objects.requireNonNull(all);
  }
}
