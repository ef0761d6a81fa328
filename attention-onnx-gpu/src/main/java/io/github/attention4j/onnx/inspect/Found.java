package io.github.attention4j.onnx.inspect;

import java.util.List;

/** A place that attends, found in a graph. */
sealed interface Found {
  /// The node that makes the probabilities.
  int node();

  /// The node whose output is the weighted sum of the values.
  int end();

  /// The value that the queries come from.
  String queries();

  /// The value that the keys come from.
  String keys();

  /// Attention made of primitive operators.
  ///
  /// @param node what normalises
  /// @param weights the value that holds the probabilities: behind whatever changes them, such as
  ///   `Where(IsNaN(p), 0, p)`
  /// @param steps the nodes between `weights` and the product, which move elements or change their
  ///   type, no more
  /// @param product where the probabilities meet the values
  /// @param scores the product of queries and keys
  /// @param queries its operand along the rows of the probabilities
  /// @param keys its operand along their columns
  /// @param masks what is added to the scores or chooses among them
  record Decomposed(
      int node,
      String weights,
      List<Integer> steps,
      Graph.Use product,
      int scores,
      String queries,
      String keys,
      List<Masking> masks)
      implements Found {
    @Override
    public int end() {
      return product.node();
    }
  }

  /// What masks scores: an array that is added, or a condition that chooses.
  ///
  /// @param value the array
  /// @param additive whether it is added; cells of -1e4 and less are masked
  /// @param maskedWhen else, the condition under which a cell is masked
  record Masking(String value, boolean additive, boolean maskedWhen) {}

  /// Attention in one operator.
  record Fused(int node, String queries, String keys) implements Found {
    @Override
    public int end() {
      return node;
    }
  }
}
