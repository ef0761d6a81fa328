package io.github.attention4j.multimodal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DateTranslatorTests {
  @TempDir Path folder;

  private static DateTranslator dates(AttentionProvider provider) throws IOException {
    return DateTranslator.load(
        "dates", Checkpoint.resources(TextModel.class, "dates"), Execution.on(provider));
  }

  @ParameterizedTest
  @MethodSource("io.github.attention4j.multimodal.Providers#all")
  void equalsTheTrainedNetworkOnAPaddedBatch(AttentionProvider provider) throws IOException {
    Safetensors io = Providers.resource("dates/io.safetensors");
    try (DateTranslator dates = dates(provider)) {
      Result result = dates.run(io.longs("input.source_ids"), io.longs("input.target_ids"));
      int compared = 0;
      for (String name : io.names()) {
        if (name.startsWith("expected.") && !name.equals("expected.greedy_ids")) {
          String output = name.substring("expected.".length());
          Providers.compare(io, output, result.get(output));
          compared++;
        }
      }
      assertEquals(7, compared);
      assertEquals(io.longs("expected.greedy_ids"), dates.greedy(io.longs("input.source_ids")));
    }
  }

  @Test
  void reads300DatesItNeverSaw() throws IOException {
    List<String> wrong = new ArrayList<>();
    int read = 0;
    try (DateTranslator dates = dates(Providers.fastest())) {
      for (String line : examples()) {
        String[] columns = line.split("\t", -1);
        String iso = dates.explain(columns[0]).prediction();
        read++;
        if (!iso.equals(columns[1])) {
          wrong.add(line + " -> " + iso);
        }
      }
    }
    assertEquals(300, read);
    assertEquals(List.of(), wrong);
  }

  private static List<String> examples() throws IOException {
    try (InputStream in = DateTranslatorTests.class.getResourceAsStream("dates/examples.tsv")) {
      assertNotNull(in);
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("io.github.attention4j.multimodal.Providers#all")
  void explainsWhatItLookedAt(AttentionProvider provider) throws IOException {
    try (TextModel dates = TextModel.embedded("dates", Execution.on(provider))) {
      String text = "Thursday, May 2, 2052";
      Explanation explanation = dates.explain(text);
      assertEquals("2052-05-02", explanation.prediction());
      assertEquals(List.of(), explanation.unknown());
      assertEquals(11, explanation.ids().size());
      assertEquals(List.of(11L, 130L), longs(explanation.logits()));
      List<AttentionMap> maps = explanation.trace().maps();
      assertEquals(6, maps.size());
      for (AttentionMap map : maps) {
        boolean encoder = map.label().kind() == MapLabel.Kind.ENCODER;
        boolean decoder = map.label().kind() == MapLabel.Kind.DECODER;
        assertEquals(encoder ? text.length() + 1 : 11, map.queries().size());
        assertEquals(decoder ? 11 : text.length() + 1, map.keys().size());
        assertEquals(decoder ? "<bos>" : "T", map.keys().texts().getFirst());
        assertEquals("<eos>", map.queries().texts().getLast());
        for (int row = 0; row < map.heads() * map.queries().size(); row++) {
          double sum = 0;
          for (int key = 0; key < map.keys().size(); key++) {
            sum += map.weights().at((long) row * map.keys().size() + key);
          }
          assertEquals(1, sum, 1e-5);
        }
      }
      assertEquals("2052-05-02", explanation.trace().facts().get("prediction"));
    }
  }

  private static List<Long> longs(Tensor tensor) {
    return java.util.Arrays.stream(tensor.shape().toArray()).boxed().toList();
  }

  @Test
  void textsItCannotRead() throws IOException {
    try (TextModel dates = TextModel.embedded("dates", Execution.on(Providers.fastest()))) {
      assertTrue(refusal(dates, "").contains("empty"));
      assertTrue(refusal(dates, "1".repeat(64)).contains("at most 63"));
      assertEquals(63, dates.explain("1".repeat(63)).trace().maps().getFirst().keys().size() - 1);
      Explanation unknown = dates.explain("2 мая 2052 \uD83D\uDE00 м");
      assertEquals(List.of("м", "а", "я", "\uD83D\uDE00"), unknown.unknown());
      assertTrue(unknown.trace().maps().getFirst().keys().texts().contains("<unk>"));
    }
  }

  private static String refusal(TextModel model, String text) {
    return String.valueOf(
        assertThrows(IllegalArgumentException.class, () -> model.explain(text)).getMessage());
  }

  @Test
  void aFolderIsTheSameModel() throws IOException {
    copy("config.json", "vocab.json", "model.safetensors");
    try (TextModel dates = TextModel.load(folder, Execution.on(Providers.fastest()))) {
      assertEquals("1911-05-09", dates.explain("9. května 1911").prediction());
    }
  }

  @Test
  void foldersThatAreNoModel() throws IOException {
    copy("config.json", "vocab.json");
    assertTrue(
        String.valueOf(
                assertThrows(
                        NoSuchFileException.class,
                        () -> TextModel.load(folder, Execution.on(Providers.fastest())))
                    .getMessage())
            .contains("model.safetensors"));
    copy("model.safetensors");
    Files.writeString(
        folder.resolve("config.json"),
        Files.readString(folder.resolve("config.json"))
            .replace("\"feed_forward_dim\": 512", "\"feed_forward_dim\": 256"));
    assertTrue(
        String.valueOf(
                assertThrows(
                        IllegalArgumentException.class,
                        () -> TextModel.load(folder, Execution.on(Providers.fastest())))
                    .getMessage())
            .endsWith(
                "tensor 'encoder.0.feed_forward.w1.weight': expected shape [256, 128], got F32 [512,"
                    + " 128]"));
  }

  private void copy(String... names) throws IOException {
    for (String name : names) {
      try (InputStream in = TextModel.class.getResourceAsStream("dates/" + name)) {
        assertNotNull(in);
        Files.write(folder.resolve(name), in.readAllBytes());
      }
    }
  }
}
