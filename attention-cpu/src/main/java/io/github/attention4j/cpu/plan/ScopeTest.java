package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Scope;
import java.util.List;
import java.util.Set;

/// Whether a query may attend a key: a [Scope] together with the inputs and positions of one run.
///
/// This is the definition of membership in this module; whatever classifies whole tiles must agree
/// with it.
@FunctionalInterface
public interface ScopeTest {

  /// Whether query `query` of this batch entry and query head may attend key `key`.
  boolean allows(int batch, int head, int query, int key);

  /// The test for one run.
  ///
  /// @throws IllegalArgumentException if an input that the scope reads is missing or does not fit
  static ScopeTest of(Scope scope, PairwiseInputs inputs) {
    return switch (scope) {
      case Scope.Full() -> (b, h, i, j) -> true;
      case Scope.Causal() -> (b, h, i, j) -> j <= inputs.position(b, i);
      case Scope.Window(long back, long ahead, long dilation) ->
          (b, h, i, j) -> {
            long distance = j - inputs.position(b, i);
            long steps = distance / dilation;
            return distance % dilation == 0
                && (back == Scope.UNBOUNDED || -steps <= back)
                && (ahead == Scope.UNBOUNDED || steps <= ahead);
          };
      case Scope.GlobalKeys(String input) -> {
        BooleanTensor marked = inputs.globalKeys(input);
        yield (b, h, i, j) -> marked.at((long) b * inputs.keys() + j);
      }
      case Scope.GlobalQueries(String input) -> {
        BooleanTensor marked = inputs.globalQueries(input);
        long length = marked.shape().size(1);
        yield (b, h, i, j) -> {
          long p = inputs.position(b, i);
          return p >= 0 && p < length && marked.at(b * length + p);
        };
      }
      case Scope.Strided(long stride) -> (b, h, i, j) -> (inputs.position(b, i) - j) % stride == 0;
      case Scope.Summaries(long stride, long count) -> (b, h, i, j) -> j % stride >= stride - count;
      case Scope.BlockWindow(long block, long back, long ahead) ->
          (b, h, i, j) -> {
            long own = Math.floorDiv(inputs.position(b, i), block);
            long other = j / block;
            return own - back <= other && other <= own + ahead;
          };
      case Scope.GlobalBlocks(long block, List<Long> ids) -> {
        Set<Long> global = Set.copyOf(ids);
        yield (b, h, i, j) ->
            global.contains(j / block)
                || global.contains(Math.floorDiv(inputs.position(b, i), block));
      }
      case Scope.KeyBlocks(long block, LongTensor table) -> {
        inputs.checkHeads("keyBlocks", table.shape().size(0), true);
        long heads = table.shape().size(0);
        long rows = table.shape().size(1);
        long count = table.shape().size(2);
        yield (b, h, i, j) -> {
          long row = Math.floorDiv(inputs.position(b, i), block);
          if (row < 0 || row >= rows) {
            return false;
          }
          long first = ((heads == 1 ? 0 : h) * rows + row) * count;
          for (long c = 0; c < count; c++) {
            if (table.at(first + c) == j / block) {
              return true;
            }
          }
          return false;
        };
      }
      case Scope.Lengths(String input) -> {
        long[] lengths = inputs.lengths(input);
        yield (b, h, i, j) -> j < lengths[b];
      }
      case Scope.Packed(String input) -> {
        long[] offsets = inputs.offsets(input);
        yield (b, h, i, j) -> {
          long p = inputs.position(b, i);
          for (int s = 1; s < offsets.length; s++) {
            if (offsets[s - 1] <= p && p < offsets[s]) {
              return offsets[s - 1] <= j && j < offsets[s];
            }
          }
          return false;
        };
      }
      case Scope.Mask(String input) -> {
        BooleanTensor mask = inputs.mask(input);
        Broadcast at = inputs.broadcast(input, mask);
        yield (b, h, i, j) -> mask.at(at.index(b, h, i, j));
      }
      case Scope.PerHead(List<Scope> scopes) -> {
        inputs.checkHeads("scopes", scopes.size(), false);
        List<ScopeTest> tests = all(scopes, inputs);
        yield (b, h, i, j) -> tests.get(h).allows(b, h, i, j);
      }
      case Scope.And(List<Scope> scopes) -> {
        List<ScopeTest> tests = all(scopes, inputs);
        yield (b, h, i, j) -> tests.stream().allMatch(test -> test.allows(b, h, i, j));
      }
      case Scope.Or(List<Scope> scopes) -> {
        List<ScopeTest> tests = all(scopes, inputs);
        yield (b, h, i, j) -> tests.stream().anyMatch(test -> test.allows(b, h, i, j));
      }
      case Scope.Not(Scope inner) -> {
        ScopeTest test = of(inner, inputs);
        yield (b, h, i, j) -> !test.allows(b, h, i, j);
      }
    };
  }

  private static List<ScopeTest> all(List<Scope> scopes, PairwiseInputs inputs) {
    return scopes.stream().map(scope -> of(scope, inputs)).toList();
  }
}
