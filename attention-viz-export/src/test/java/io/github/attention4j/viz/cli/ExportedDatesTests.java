package io.github.attention4j.viz.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.attention4j.multimodal.TextModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The exported encoder and decoder write dates, run by nothing but ONNX Runtime: as anyone would
 * who has the files and the vocabulary.
 */
final class ExportedDatesTests {
  private static final long BEGIN = 1;
  private static final long END = 2;
  private static final OrtEnvironment ENVIRONMENT =
      OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"--opset=17", "--opset=24", "--dialect=fused"})
  void theFilesAloneWriteDates(String choice) throws IOException, OrtException {
    CommandLineRun run =
        CommandLineRun.of(
            "export",
            "--model",
            "dates",
            choice,
            "--no-maps",
            "--output",
            folder.resolve("d.onnx"));
    assertEquals(0, run.exitCode(), run::err);
    List<String> vocabulary = vocabulary();
    assertEquals("2052-05-02", translate("Thursday, May 2, 2052", vocabulary));
    assertEquals("1999-12-31", translate("31.12.1999", vocabulary));
  }

  private static List<String> vocabulary() throws IOException {
    try (InputStream in = TextModel.class.getResourceAsStream("dates/vocab.json")) {
      List<String> tokens = new ArrayList<>();
      for (JsonNode token : new ObjectMapper().readTree(Objects.requireNonNull(in))) {
        tokens.add(token.asText());
      }
      return tokens;
    }
  }

  private String translate(String text, List<String> vocabulary) throws OrtException {
    long[] source = new long[text.length() + 1];
    for (int i = 0; i < text.length(); i++) {
      source[i] = vocabulary.indexOf(text.substring(i, i + 1));
    }
    source[text.length()] = END;
    try (OrtSession encoder =
            ENVIRONMENT.createSession(folder.resolve("d-encoder.onnx").toString());
        OrtSession decoder =
            ENVIRONMENT.createSession(folder.resolve("d-decoder.onnx").toString());
        OnnxTensor sources = OnnxTensor.createTensor(ENVIRONMENT, new long[][] {source});
        OrtSession.Result encoded = encoder.run(Map.of("source_ids", sources))) {
      return decode(decoder, sources, encoded, vocabulary);
    }
  }

  private static String decode(
      OrtSession decoder, OnnxTensor sources, OrtSession.Result encoded, List<String> vocabulary)
      throws OrtException {
    Map<String, OnnxTensor> inputs = new HashMap<>();
    inputs.put("source_ids", sources);
    encoded.forEach(each -> inputs.put(each.getKey(), (OnnxTensor) each.getValue()));
    for (String name : decoder.getInputNames()) {
      if (name.endsWith(".past")) {
        inputs.put(
            name,
            OnnxTensor.createTensor(ENVIRONMENT, FloatBuffer.allocate(0), new long[] {1, 0, 128}));
      }
    }
    StringBuilder written = new StringBuilder();
    long last = BEGIN;
    for (int step = 0; step < 32; step++) {
      inputs.put("target_ids", OnnxTensor.createTensor(ENVIRONMENT, new long[][] {{last}}));
      inputs.put("past_length", OnnxTensor.createTensor(ENVIRONMENT, new long[] {step}));
      Map<String, OnnxTensor> needed = new HashMap<>(inputs);
      needed.keySet().retainAll(decoder.getInputNames());
      // Left open: what it remembers is the next step's input, and the test ends soon.
      OrtSession.Result result = decoder.run(needed);
      float[] logits = ((float[][][]) result.get("logits").orElseThrow().getValue())[0][0];
      last = best(logits);
      if (last == END) {
        return written.toString();
      }
      written.append(vocabulary.get((int) last));
      result.forEach(each -> {
        if (each.getKey().endsWith(".present")) {
          inputs.put(each.getKey().replaceAll("present$", "past"), (OnnxTensor) each.getValue());
        }
      });
    }
    return written.toString();
  }

  private static int best(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }
}
