package io.github.attention4j.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.cpu.reference.ReferenceProvider;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// On virtual machines that lack what the kernels need (started so by the build): provider `cpu`
/// says what, provider `reference` works.
@EnabledIfSystemProperty(named = "attention.test.refusal", matches = ".+")
final class RefusalTests {
  private final Request request = Request.of(Pairwise.of(Score.dot()));

  @Test
  void theKernelsNameWhatIsMissing() {
    String missing = System.getProperty("attention.test.refusal", "");
    CpuProvider provider = new CpuProvider();
    List<String> reasons = provider.unsupported(request);
    assertEquals(1, reasons.size());
    assertTrue(reasons.getFirst().contains(missing), reasons.getFirst());
    UnsupportedRequestException refusal =
        assertThrows(UnsupportedRequestException.class, () -> provider.prepare(request));
    assertTrue(String.valueOf(refusal.getMessage()).contains(missing), refusal.getMessage());
    assertEquals(reasons, new VectorPeaks().unsupported());
    assertTrue(String.join("\n", provider.describe()).contains("not usable"));
  }

  @Test
  void theReferenceWorks() {
    // Scores 0 and ln 3: weights 1/4 and 3/4.
    Tensor query = Tensor.of(new float[] {1}, 1, 1, 1, 1);
    Tensor key = Tensor.of(new float[] {0, (float) Math.log(3)}, 1, 1, 2, 1);
    Tensor value = Tensor.of(new float[] {8, 4}, 1, 1, 2, 1);
    ReferenceProvider provider = new ReferenceProvider();
    assertEquals(List.of(), provider.unsupported(request));
    Tensor out = provider.prepare(request).run(Inputs.of(query, key, value)).output();
    assertEquals(5, out.at(0), 1e-6);
  }
}
