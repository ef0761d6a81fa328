package io.github.attention4j.multimodal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LanguageModelTests {
  @ParameterizedTest
  @MethodSource("io.github.attention4j.multimodal.Providers#all")
  void continuesWhatRepeats(AttentionProvider provider) throws IOException {
    Safetensors io = Providers.resource("induction/io.safetensors");
    try (TextModel model = TextModel.embedded("induction", Execution.on(provider))) {
      Explanation explanation = model.explain("kQ7xTb2mZWq9 kQ7xTb2mZWq9 kQ7xT");
      assertEquals("b", explanation.prediction());
      Providers.compare(io, "logits", explanation.logits().reshape(1, 30, 64));
      List<AttentionMap> maps = explanation.trace().maps();
      assertEquals(2, maps.size());
      for (AttentionMap map : maps) {
        Providers.compare(io, map.name(), map.weights().reshape(1, 4, 30, 30));
        assertEquals("<bos>", map.keys().texts().getFirst());
      }
    }
  }

  @Test
  void textsItCannotRead() throws IOException {
    try (TextModel model = TextModel.embedded("induction", Execution.on(Providers.fastest()))) {
      assertThrows(IllegalArgumentException.class, () -> model.explain("  "));
      assertThrows(IllegalArgumentException.class, () -> model.explain("a".repeat(64)));
      assertEquals(List.of("é"), model.explain("abé").unknown());
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> TextModel.embedded("none", Execution.on(Providers.fastest())));
  }
}
