package io.github.attention4j.multimodal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import io.github.attention4j.multimodal.clip.ClipModel;
import io.github.attention4j.multimodal.clip.EncodedCaptions;
import io.github.attention4j.multimodal.clip.ImageTextMatch;
import io.github.attention4j.multimodal.clip.ImageView;
import io.github.attention4j.multimodal.clip.TextView;
import io.github.attention4j.multimodal.image.ImagePreprocessor;
import io.github.attention4j.multimodal.image.Picture;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ClipModelTests {
  @TempDir Path folder;

  @BeforeEach
  void checkpoint() throws IOException {
    for (String name : List.of("config.json", "model.safetensors")) {
      copy("fixtures/clip/" + name, name);
    }
    copy("captions/tokenizer.json", "tokenizer.json");
    copy("image/image.preprocessor_config.json", "preprocessor_config.json");
  }

  private void copy(String resource, String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(ClipModelTests.class.getResourceAsStream(resource))) {
      Files.write(folder.resolve(name), in.readAllBytes());
    }
  }

  private ClipModel load(AttentionProvider provider) throws IOException {
    return ClipModel.load(folder, Execution.on(provider));
  }

  static Stream<AttentionProvider> providers() {
    return Providers.all();
  }

  private static Tensor entry(Tensor batch, int index) {
    long[] sizes = batch.shape().toArray();
    long bytes = batch.segment().byteSize() / sizes[0];
    sizes[0] = 1;
    return Tensor.wrap(batch.segment().asSlice(index * bytes, bytes), Shape.of(sizes));
  }

  private static EncodedCaptions captions(Safetensors io) {
    LongTensor ids = io.longs("input.input_ids");
    LongTensor mask = io.longs("input.attention_mask");
    int length = ids.shape().intSize(1);
    List<List<String>> tokens =
        IntStream.range(0, 3)
            .mapToObj(row -> {
              int real = 0;
              for (int i = 0; i < length; i++) {
                real += (int) mask.at((long) row * length + i);
              }
              return Collections.nCopies(real, "token");
            })
            .toList();
    return new EncodedCaptions(List.of("one", "two", "three"), ids, mask, tokens);
  }

  @ParameterizedTest
  @MethodSource("providers")
  void logitsAreThePublishedOnes(AttentionProvider provider) throws IOException {
    Safetensors io = Providers.resource("fixtures/clip/io.safetensors");
    double[] logits = io.doubles("expected64.logits_per_image");
    float[] attention = io.tensor("expected.text_attentions.1").toArray();
    try (ClipModel model = load(provider)) {
      assertEquals(List.of(), model.unusedTensors());
      TextView texts = model.read(captions(io));
      for (int image = 0; image < 2; image++) {
        Tensor pixels = entry(io.tensor("input.pixel_values"), image);
        ImageTextMatch match = model.match(model.look(pixels, ImagePreprocessor.View.WHOLE), texts);
        double sum = 0;
        for (int caption = 0; caption < 3; caption++) {
          assertEquals(logits[image * 3 + caption], match.logits().get(caption), 1e-4);
          sum += Math.exp(logits[image * 3 + caption]);
        }
        for (int caption = 0; caption < 3; caption++) {
          double expected = Math.exp(logits[image * 3 + caption]) / sum;
          assertEquals(expected, match.probabilities().get(caption), 1e-5);
        }
        int best = match.ranking().getFirst();
        assertEquals(Collections.max(match.probabilities()), match.probabilities().get(best));
      }
      // The third caption has 7 tokens of 18: its map ends there.
      AttentionMap map = texts.maps(2).get(1);
      assertEquals(Shape.of(4, 7, 7), map.weights().shape());
      for (int head = 0; head < 4; head++) {
        int at = ((2 * 4 + head) * 18 + 6) * 18 + 3;
        assertEquals(attention[at], map.weights().get(head, 6, 3), 1e-5);
      }
    }
  }

  /** The logit as an affine function of the class token, its deviation and length held fixed. */
  @SuppressWarnings("ArrayRecordComponent") // Compared with nothing.
  private record Readout(
      Layer.LayerNorm norm, Tensor projection, double[] at, double[] text, double scale) {
    double deviation() {
      double mean = mean(at);
      double squares = 0;
      for (double value : at) {
        squares += (value - mean) * (value - mean);
      }
      return Math.sqrt(squares / at.length + norm.epsilon());
    }

    private static double mean(double[] x) {
      double sum = 0;
      for (double value : x) {
        sum += value;
      }
      return sum / x.length;
    }

    double[] embedding(double[] x) {
      double[] result = new double[text.length];
      for (int f = 0; f < text.length; f++) {
        for (int c = 0; c < x.length; c++) {
          double normed =
              (x[c] - mean(x)) / deviation() * norm.weight().get(c) + norm.bias().get(c);
          result[f] += projection.get(f, c) * normed;
        }
      }
      return result;
    }

    double logit(double[] x) {
      double length = 0;
      for (double value : embedding(at)) {
        length += value * value;
      }
      double dot = 0;
      double[] embedding = embedding(x);
      for (int f = 0; f < text.length; f++) {
        dot += text[f] * embedding[f];
      }
      return scale * dot / Math.sqrt(length);
    }
  }

  @Test
  void contributionsAddUpToWhatAttentionLayersDoToTheLogit() throws IOException {
    Safetensors io = Providers.resource("fixtures/clip/io.safetensors");
    Tensor pixels = entry(io.tensor("input.pixel_values"), 1);
    Network vision = ModelRunner.network(Checkpoint.open(folder), Set.of("pixel_values"));
    Map<String, String> outputs = new LinkedHashMap<>(vision.outputs());
    outputs.put("o.0", "vision_attentions.0.output");
    outputs.put("o.1", "vision_attentions.1.output");
    Network open = new Network("open", vision.inputs(), vision.nodes(), outputs);
    try (ClipModel model = load(Providers.fastest());
        Program program = Providers.fastest().compile(open, Set.of())) {
      TextView texts = model.read(captions(io));
      ImageTextMatch match = model.match(model.look(pixels, ImagePreprocessor.View.WHOLE), texts);
      assertEquals(Shape.of(3, 2, 4, 17), match.contributions().shape());
      Result result = program.run(Inputs.none().with("pixel_values", pixels));
      double[] last = row(result.tensor("vision_last_hidden_state"), 32);
      double scale =
          Math.exp(
              Safetensors.open(folder.resolve("model.safetensors")).tensor("logit_scale").at(0));
      for (int caption = 0; caption < 3; caption++) {
        Readout readout =
            new Readout(
                (Layer.LayerNorm) open.node("vision_model.post_layernorm").layer(),
                ((Layer.Linear) open.node("visual_projection").layer()).weight(),
                last,
                row(entry(texts.embeds(), caption), 24),
                scale);
        assertEquals(readout.logit(last), match.logits().get(caption), 1e-5);
        for (int layer = 0; layer < 2; layer++) {
          Layer.Linear linear =
              (Layer.Linear) open.node("vision_attentions." + layer + ".output").layer();
          double[] without = last.clone();
          double[] added = row(result.tensor("o." + layer), 32);
          for (int c = 0; c < 32; c++) {
            without[c] -= added[c] - linear.bias().orElseThrow().get(c);
          }
          double sum = 0;
          for (int i = 0; i < 4 * 17; i++) {
            sum += match.contributions().get(caption, layer, i / 17, i % 17);
          }
          assertEquals(readout.logit(last) - readout.logit(without), sum, 1e-5);
        }
      }
      sharesFollow(match);
    }
  }

  private static void sharesFollow(ImageTextMatch match) {
    AttentionMap shares = match.captionMap();
    assertEquals(ImageTextMatch.CONTRASTED, shares.proof());
    assertEquals(List.of("one", "two", "three"), shares.queries().texts());
    double[] together = new double[16];
    for (int caption = 0; caption < 3; caption++) {
      assertEquals(0, shares.weights().get(0, caption, 0));
      double sum = 0;
      double positive = 0;
      double[] patches = match.patches(caption);
      for (int patch = 0; patch < 16; patch++) {
        together[patch] += patches[patch];
        positive += Math.max(0, patches[patch]);
        sum += shares.weights().get(0, caption, patch + 1);
      }
      assertEquals(1, sum, 1e-6);
      assertEquals(Math.max(0, patches[4]) / positive, shares.weights().get(0, caption, 5), 1e-6);
    }
    // Against the mean of all captions: what speaks for one speaks against the others.
    assertArrayEquals(new double[16], together, 1e-6);
  }

  private static double[] row(Tensor tensor, int size) {
    return IntStream.range(0, size).mapToDouble(tensor::at).toArray();
  }

  private static Picture noise(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    new Random(5).nextBytes(rgb);
    return new Picture(width, height, rgb);
  }

  @Test
  void aPictureAndCaptionsAsTheyCome() throws IOException {
    try (ClipModel model = load(Providers.fastest())) {
      EncodedCaptions encoded = model.encode(List.of("A photo  of a CAT", "dog"), false);
      assertEquals(
          List.of("<|startoftext|>", "A", "photo", "of", "a", "CAT", "<|endoftext|>"),
          encoded.tokens().getFirst());
      assertArrayEquals(new long[] {98, 26, 60, 56, 26, 53, 99}, row(encoded.ids(), 0, 7));
      assertArrayEquals(new long[] {98, 55, 99, 99, 99, 99, 99}, row(encoded.ids(), 1, 7));
      assertArrayEquals(new long[] {1, 1, 1, 0, 0, 0, 0}, row(encoded.mask(), 1, 7));
      ImageView look = model.look(noise(60, 40));
      TextView both = model.read(encoded);
      ImageTextMatch match = model.match(look, both);
      // Padding changes nothing.
      TextView alone = model.read(model.encode(List.of("dog"), false));
      assertEquals(match.logits().get(1), model.match(look, alone).logits().getFirst(), 1e-5);
      assertEquals(List.of(1.0), model.match(look, alone).probabilities());
      assertEquals(ImageTextMatch.ABSOLUTE, model.match(look, alone).captionMap().proof());
      // 60 x 40 becomes 48 x 32, of which the 32 in the middle are seen.
      Labels labels = look.labels();
      assertEquals(Labels.Kind.PATCH, labels.kind());
      assertEquals(List.of(), labels.places().getFirst());
      assertEquals("row 1, column 2", labels.texts().get(1 + 4 + 2));
      List<Double> box = labels.places().get(1 + 4 + 2);
      assertEquals(List.of(8.0 / 48 + 2 * 8.0 / 48, 0.25, 8.0 / 48 + 3 * 8.0 / 48, 0.5), box);
      double sum = 0;
      for (double weight : look.classAttention()) {
        sum += weight;
      }
      AttentionMap last = look.maps().getLast();
      double own = 0;
      for (int head = 0; head < 4; head++) {
        own += last.weights().get(head, 0, 0) / 4;
      }
      assertEquals(1 - own, sum, 1e-5);
    }
  }

  private static long[] row(LongTensor tensor, int row, int length) {
    return IntStream.range(0, length).mapToLong(i -> tensor.at((long) row * length + i)).toArray();
  }

  @Test
  void aCaptionMayBeTooLong() throws IOException {
    try (ClipModel model = load(Providers.fastest())) {
      assertEquals(24, model.longestCaption());
      String fits = "cat ".repeat(22);
      assertEquals(24, model.encode(List.of(fits), false).ids().shape().size(1));
      List<String> longer = List.of("dog", fits + "dog");
      String message =
          String.valueOf(
              assertThrows(IllegalArgumentException.class, () -> model.encode(longer, false))
                  .getMessage());
      assertTrue(message.contains("at most 24 tokens, begin and end included, got 25"), message);
      assertTrue(message.startsWith("caption 'cat cat "), message);
      EncodedCaptions cut = model.encode(longer, true);
      assertEquals(24, cut.tokens().get(1).size());
      assertEquals(99, cut.ids().get(1, 23));
      assertEquals(53, cut.ids().get(1, 22));
      assertThrows(IllegalArgumentException.class, () -> model.encode(List.of(), false));
      assertFalse(model.encode(List.of(""), false).ids().shape().elements() == 0);
    }
  }

  /** The end token of newer configurations is read where it first stands, whatever its id. */
  @Test
  void theEndTokenIsNamedOrTheLargest() throws IOException {
    double legacy = logit();
    replace("config.json", "\"eos_token_id\": 2", "\"eos_token_id\": 99");
    assertEquals(legacy, logit(), 0);
    replace("config.json", "\"eos_token_id\": 99", "\"eos_token_id\": 98");
    assertTrue(Math.abs(legacy - logit()) > 1e-3);
  }

  private double logit() throws IOException {
    try (ClipModel model = load(Providers.fastest())) {
      TextView texts = model.read(model.encode(List.of("a cat"), false));
      return model.match(model.look(noise(32, 32)), texts).logits().getFirst();
    }
  }

  private void replace(String file, String from, String to) throws IOException {
    String text = Files.readString(folder.resolve(file));
    assertTrue(text.contains(from), file);
    Files.write(folder.resolve(file), text.replace(from, to).getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void foldersThatDoNotFitAreRefused() throws IOException {
    replace("preprocessor_config.json", "\"height\": 32", "\"height\": 24");
    try (ClipModel model = load(Providers.fastest())) {
      String message =
          String.valueOf(
              assertThrows(IllegalArgumentException.class, () -> model.look(noise(64, 64)))
                  .getMessage());
      assertTrue(message.startsWith("pixels: expected [1, 3, 32, 32]"), message);
      assertTrue(message.contains("crop_size"), message);
    }
    replace("config.json", "\"model_type\": \"clip\",", "\"model_type\": \"whisper\",");
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> load(Providers.fastest()))
                .getMessage());
    assertTrue(
        message.endsWith("expected a model of type clip, this is one of type 'whisper'"), message);
    checkpoint();
    for (String name : List.of("tokenizer.json", "preprocessor_config.json", "model.safetensors")) {
      Files.delete(folder.resolve(name));
      NoSuchFileException missing =
          assertThrows(NoSuchFileException.class, () -> load(Providers.fastest()));
      assertTrue(String.valueOf(missing.getFile()).endsWith(name));
      checkpoint();
    }
  }
}
