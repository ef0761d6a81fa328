package io.github.attention4j.onnx;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.onnx.Examples.Example;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every mechanism against the reference, on every dialect and on old and new operator sets.
final class MechanismTests {
  private static final AttentionProvider REFERENCE = AttentionProviders.load().named("reference");

  @TestFactory
  Stream<DynamicTest> equalTheReference() {
    return check(Settings.defaults().threads(2));
  }

  @TestFactory
  Stream<DynamicTest> equalTheReferenceFused() {
    return check(Settings.defaults().threads(2).option("onnx.dialect", "fused"));
  }

  @TestFactory
  Stream<DynamicTest> equalTheReferenceOnTheOldestOperators() {
    return check(Settings.defaults().threads(1).option("onnx.opset", "17"));
  }

  @TestFactory
  Stream<DynamicTest> equalTheReferenceOnTheFirstOperatorsWithAttention() {
    return check(Settings.defaults().threads(1).option("onnx.opset", "23"));
  }

  private static Stream<DynamicTest> check(Settings settings) {
    AttentionProvider onnx = new OnnxProvider().configure(settings);
    List<Example> examples = Examples.all();
    return examples.stream()
        .map(example ->
            DynamicTest.dynamicTest(
                example.name(),
                () -> {
                  try (Attention mine = onnx.prepare(example.request());
                      Attention theirs = REFERENCE.prepare(example.request())) {
                    for (Inputs inputs : example.inputs()) {
                      Numbers.assertClose(
                          example.name(),
                          theirs.run(inputs),
                          mine.run(inputs),
                          example.tolerance());
                    }
                  }
                }));
  }
}
