package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.inspect.Axes.Factor;
import io.github.attention4j.onnx.inspect.Layout.Placed;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The product in which probabilities meet values: which axis of which array is what.
///
/// @param values the values, with the axes as the product reads them
/// @param output the weighted sums
/// @param rows the factors of the probabilities along which the product leaves them apart: queries,
///   and heads folded into them
/// @param keys the factors it sums over
/// @param size the factors of the size of the values
record Meeting(
    Placed values, Placed output, List<Factor> rows, List<Factor> keys, List<Factor> size) {

  /// Reads a product.
  ///
  /// @param probabilities the axes of the operand that holds the probabilities
  /// @param operand which one that is, 0 or 1
  static Meeting of(
      NodeProto product, Axes probabilities, int operand, Tensor values, Tensor output) {
    if (Graph.is(product, "Einsum")) {
      return einsum(product, probabilities, operand, values, output);
    }
    int other = 1 - operand;
    Axes left = moved(product, operand, probabilities);
    View right = new View(values).moved(product, other);
    int rank = left.rank();
    int rightRank = right.sizes.size();
    if (rank < 2 || rightRank < 2) {
      throw new NotShownException("its product with the values has an operand with one axis");
    }
    // As the first operand, probabilities are [queries, keys] and values [keys, size]; as the
    // second, both stand the other way.
    List<Factor> rows = left.factors().get(operand == 0 ? rank - 2 : rank - 1);
    List<Factor> keys = left.factors().get(operand == 0 ? rank - 1 : rank - 2);
    int keyAxis = operand == 0 ? rightRank - 2 : rightRank - 1;
    int sizeAxis = operand == 0 ? rightRank - 1 : rightRank - 2;
    expectKeys(keys, right.sizes.get(keyAxis));
    List<Factor> size = Axes.of(new long[] {right.sizes.get(sizeAxis)}).factors().getFirst();

    List<List<Factor>> valueAxes = new ArrayList<>(Collections.nCopies(rightRank, List.of()));
    valueAxes.set(keyAxis, keys);
    valueAxes.set(sizeAxis, size);
    List<List<Factor>> outputAxes = new ArrayList<>();
    int outputRank = Math.max(rank, rightRank);
    for (int axis = 0; axis < outputRank - 2; axis++) {
      int mine = axis - (outputRank - rank);
      int theirs = axis - (outputRank - rightRank);
      List<Factor> factors = mine < 0 ? List.of() : left.factors().get(mine);
      if (theirs >= 0 && right.sizes.get(theirs) > 1) {
        if (factors.isEmpty()) {
          throw new NotShownException("the same probabilities meet several arrays of values");
        }
        valueAxes.set(theirs, factors);
      }
      outputAxes.add(factors);
    }
    outputAxes.add(operand == 0 ? rows : size);
    outputAxes.add(operand == 0 ? size : rows);
    return new Meeting(
        right.placed(valueAxes), Placed.of(output, fitting(outputAxes, output)), rows, keys, size);
  }

  private static Axes moved(NodeProto product, int operand, Axes axes) {
    Axes moved = axes;
    if (Products.movesFirst(product, operand)) {
      int[] permutation = new int[axes.rank()];
      for (int axis = 0; axis < axes.rank() - 2; axis++) {
        permutation[axis] = axis + 1;
      }
      permutation[axes.rank() - 2] = 0;
      permutation[axes.rank() - 1] = axes.rank() - 1;
      moved = axes.transpose(permutation);
    }
    return Products.transposes(product, operand) ? moved.swapLast() : moved;
  }

  private static void expectKeys(List<Factor> keys, long actual) {
    if (Axes.product(Merge.leaves(keys)) != actual) {
      throw new NotShownException(
          "expected values for " + Axes.product(Merge.leaves(keys)) + " keys, got " + actual);
    }
  }

  private static Axes fitting(List<List<Factor>> factors, Tensor array) {
    Axes axes = new Axes(factors);
    if (!Arrays.equals(axes.shape(), array.shape().toArray())) {
      throw new NotShownException(
          "expected weighted sums of sizes " + axes + ", got " + array.describe());
    }
    return axes;
  }

  private static Meeting einsum(
      NodeProto product, Axes probabilities, int operand, Tensor values, Tensor output) {
    String[] letters = Products.equation(product);
    if (letters == null) {
      throw new NotShownException("its Einsum is of a kind that is not read");
    }
    int ellipsis =
        letters[operand].startsWith("...")
            ? probabilities.rank() - letters[operand].length() + 3
            : 0;
    String mine = expand(letters[operand], ellipsis);
    String theirs = expand(letters[1 - operand], ellipsis);
    String result = expand(letters[2], ellipsis);
    if (mine.length() != probabilities.rank()
        || theirs.length() != values.shape().rank()
        || result.length() != output.shape().rank()) {
      throw new NotShownException("its Einsum broadcasts in a way that is not read");
    }
    Map<Character, List<Factor>> factors = new HashMap<>();
    List<Factor> rows = new ArrayList<>();
    List<Factor> keys = new ArrayList<>();
    List<Factor> size = new ArrayList<>();
    for (int axis = 0; axis < mine.length(); axis++) {
      char letter = mine.charAt(axis);
      factors.put(letter, probabilities.factors().get(axis));
      if (result.indexOf(letter) < 0) {
        keys.addAll(probabilities.factors().get(axis));
      } else if (theirs.indexOf(letter) < 0) {
        rows.addAll(probabilities.factors().get(axis));
      }
    }
    List<List<Factor>> valueAxes = new ArrayList<>();
    for (int axis = 0; axis < theirs.length(); axis++) {
      char letter = theirs.charAt(axis);
      long length = values.shape().size(axis);
      if (mine.indexOf(letter) < 0) {
        factors.put(letter, Axes.of(new long[] {length}).factors().getFirst());
        size.addAll(factors.getOrDefault(letter, List.of()));
      }
      valueAxes.add(length == 1 ? List.of() : factors.getOrDefault(letter, List.of()));
    }
    List<List<Factor>> outputAxes = new ArrayList<>();
    for (int axis = 0; axis < result.length(); axis++) {
      outputAxes.add(factors.getOrDefault(result.charAt(axis), List.of()));
    }
    return new Meeting(
        Placed.of(values, fitting(valueAxes, values)),
        Placed.of(output, fitting(outputAxes, output)),
        rows,
        keys,
        size);
  }

  private static String expand(String letters, int ellipsis) {
    // Digits stand for the axes of the ellipsis.
    return letters.startsWith("...")
        ? "0123456789".substring(0, ellipsis) + letters.substring(3)
        : letters;
  }

  /** An array seen with its axes moved. */
  private static final class View {
    private final Tensor array;
    private final List<Long> sizes = new ArrayList<>();
    private final List<Long> strides = new ArrayList<>();

    View(Tensor array) {
      this.array = array;
      long[] all = Axes.strides(array.shape().toArray());
      for (int axis = 0; axis < all.length; axis++) {
        sizes.add(array.shape().size(axis));
        strides.add(all[axis]);
      }
    }

    View moved(NodeProto product, int operand) {
      int rank = sizes.size();
      if (Products.movesFirst(product, operand)) {
        sizes.add(rank - 2, sizes.removeFirst());
        strides.add(rank - 2, strides.removeFirst());
      }
      if (Products.transposes(product, operand)) {
        Collections.swap(sizes, rank - 1, rank - 2);
        Collections.swap(strides, rank - 1, rank - 2);
      }
      return this;
    }

    Placed placed(List<List<Factor>> axes) {
      return new Placed(
          array, new Axes(axes), strides.stream().mapToLong(Long::longValue).toArray());
    }
  }
}
