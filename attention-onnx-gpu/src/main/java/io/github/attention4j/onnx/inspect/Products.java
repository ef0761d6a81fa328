package io.github.attention4j.onnx.inspect;

import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The operators that multiply matrices, and where their operands are. */
final class Products {
  private Products() {}

  /// The inputs of the two operands, or null if the node is no product.
  static int @Nullable [] operands(NodeProto node) {
    if (Graph.is(node, "MatMul", "MatMulInteger")
        || Graph.isMicrosoft(
            node, "FusedMatMul", "TransposeMatMul", "MatMulIntegerToFloat", "DynamicQuantizeMatMul")
        || Graph.is(node, "Gemm")) {
      return new int[] {0, 1};
    }
    if (Graph.is(node, "QLinearMatMul")) {
      return new int[] {0, 3};
    }
    if (Graph.is(node, "Einsum") && node.getInputCount() == 2 && equation(node) != null) {
      return new int[] {0, 1};
    }
    return null;
  }

  /// The operand that is not at this input.
  static String other(NodeProto product, int input) {
    int[] operands = operands(product);
    if (operands == null) {
      throw new IllegalStateException("no product: " + product.getOpType());
    }
    return product.getInput(input == operands[0] ? operands[1] : operands[0]);
  }

  /// Whether the product transposes this operand's last two axes before it multiplies.
  static boolean transposes(NodeProto node, int operand) {
    return Graph.integer(node, operand == 0 ? "transA" : "transB", 0) != 0;
  }

  /// Whether the product moves this operand's first axis behind its other leading axes before it
  /// multiplies.
  static boolean movesFirst(NodeProto node, int operand) {
    return Graph.integer(node, operand == 0 ? "transBatchA" : "transBatchB", 0) != 0;
  }

  /// The letters of both operands and the result of an `Einsum`, or null if it is of a kind not
  /// read here: an ellipsis among other letters, a letter twice in an operand, or one operand.
  static String @Nullable [] equation(NodeProto node) {
    AttributeProto attribute = Graph.attribute(node, "equation");
    if (attribute == null) {
      return null;
    }
    String text = attribute.getS().toStringUtf8().replace(" ", "");
    int arrow = text.indexOf("->");
    int comma = text.indexOf(',');
    if (arrow < 0 || comma < 0 || comma > arrow || text.indexOf(',', comma + 1) >= 0) {
      return null;
    }
    String[] letters = {
      text.substring(0, comma), text.substring(comma + 1, arrow), text.substring(arrow + 2)
    };
    for (int i = 0; i < 3; i++) {
      // An ellipsis stands for leading axes: three letters that no equation uses otherwise, as many
      // as the caller finds axes.
      if (letters[i].contains(".") && !letters[i].startsWith("...")) {
        return null;
      }
      String plain = letters[i].replace(".", "");
      if (plain.chars().distinct().count() != plain.length()
          || !plain.toLowerCase(Locale.ROOT).chars().allMatch(c -> c >= 'a' && c <= 'z')) {
        return null;
      }
    }
    return letters;
  }
}
