package io.github.attention4j.onnx;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import io.github.attention4j.api.Attention;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.onnx.Examples.Example;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// On a GPU where there is one; without one, that asking for it is an error that names the library.
final class CudaTests {
  private static final Settings CUDA =
      Settings.defaults().device("cuda").option("onnx.cuda.use_tf32", "0");

  private static boolean hasCuda() {
    return OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA);
  }

  @Test
  void everyMechanismEqualsTheReferenceOnTheGpu() {
    assumeTrue(hasCuda() && Files.exists(Path.of("/proc/driver/nvidia/version")), "no GPU");
    AttentionProvider onnx = new OnnxProvider().configure(CUDA);
    AttentionProvider reference = AttentionProviders.load().named("reference");
    for (Example example : Examples.all()) {
      try (Attention mine = onnx.prepare(example.request());
          Attention theirs = reference.prepare(example.request())) {
        assertTrue(mine.device().contains("cuda:0"), mine.device());
        for (Inputs inputs : example.inputs()) {
          Numbers.assertClose(
              example.name(), theirs.run(inputs), mine.run(inputs), 5 * example.tolerance());
        }
      }
    }
  }

  @Test
  void askingForCudaWhereThereIsNoneNamesTheLibrary() {
    assumeFalse(hasCuda(), "this build of ONNX Runtime has CUDA");
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> new OnnxProvider().configure(CUDA));
    assertTrue(
        String.valueOf(refused.getMessage()).contains("libonnxruntime_providers_cuda"),
        refused.toString());
    assertTrue(
        new OnnxProvider().describe().getFirst().contains("on cpu"),
        new OnnxProvider().describe().toString());
  }
}
