package io.github.attention4j.multimodal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TokenGeneratorTests {
  static Stream<Arguments> families() {
    return Stream.of("marian", "whisper")
        .flatMap(family -> Providers.all().map(provider -> Arguments.of(family, provider)));
  }

  private static Checkpoint checkpoint(String family) {
    return Checkpoint.resources(TokenGeneratorTests.class, "fixtures/" + family);
  }

  /** The first sample of the fixture's inputs of the encoder. */
  private static Inputs first(Safetensors io, String name) {
    NdArray all = io.get("input." + name);
    long[] sizes = all.shape().toArray();
    long per = all.shape().elements() / sizes[0];
    sizes[0] = 1;
    return Inputs.none()
        .with(
            name,
            all instanceof Tensor tensor
                ? Tensor.of(Arrays.copyOf(tensor.toArray(), (int) per), sizes)
                : LongTensor.of(Arrays.copyOf(((LongTensor) all).toArray(), (int) per), sizes));
  }

  @ParameterizedTest
  @MethodSource("families")
  void stepByStepIsTheWholeRun(String family, AttentionProvider provider) throws IOException {
    Safetensors io = Providers.resource("fixtures/" + family + "/io.safetensors");
    String input = family.equals("marian") ? "input_ids" : "input_features";
    long[] target = io.longs("input.decoder_input_ids").toArray();
    int length = io.entry("input.decoder_input_ids").shape().intSize(1);
    int[] prompt = Arrays.stream(target, 1, length).mapToInt(Math::toIntExact).toArray();
    int vocabulary = io.entry("expected.logits").shape().intSize(2);
    try (TokenGenerator model = TokenGenerator.load(checkpoint(family), Execution.on(provider))) {
      TokenGenerator.Generated generated = model.greedy(first(io, input), 1, prompt);
      assertEquals(target[0], generated.ids().getFirst().longValue());
      assertEquals(length, generated.steps().size());
      float[] expected = io.tensor("expected.logits").toArray();
      for (int t = 0; t < length; t++) {
        assertArrayEquals(
            Arrays.copyOfRange(expected, t * vocabulary, (t + 1) * vocabulary),
            generated.steps().get(t).tensor("logits").toArray(),
            1e-4f);
      }
      assertEquals(length + 1, generated.ids().size());
    }
  }

  @Test
  void allProvidersWriteTheSame() throws IOException {
    Safetensors io = Providers.resource("fixtures/whisper/io.safetensors");
    List<List<Integer>> written =
        Providers.all()
            .map(provider -> {
              try (TokenGenerator model =
                  TokenGenerator.load(checkpoint("whisper"), Execution.on(provider))) {
                return model.greedy(first(io, "input_features"), 20).ids();
              } catch (IOException failed) {
                throw new java.io.UncheckedIOException(failed);
              }
            })
            .toList();
    assertEquals(1, written.stream().distinct().count(), written::toString);
    assertTrue(written.getFirst().size() > 1);
  }

  @Test
  void onlyWhatGenerates() {
    assertThrows(
        IllegalArgumentException.class,
        () -> TokenGenerator.load(checkpoint("bert"), Execution.on(Providers.fastest())));
  }
}
