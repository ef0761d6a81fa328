package io.github.attention4j.viz.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.viz.format.TraceFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AlignCommandTests {
  @TempDir Path folder;

  private Path model;
  private Path out;

  @BeforeEach
  void folders() throws IOException {
    model = TinyWhisper.write(folder.resolve("model"));
    out = folder.resolve("out");
  }

  /** Bursts of noise, 16 bits. */
  private Path sound(String name, int rate, int channels, int samples) throws IOException {
    Random random = new Random(3);
    ByteBuffer data = ByteBuffer.allocate(2 * samples * channels).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < samples * channels; i++) {
      data.putShort((short) (5000 * random.nextGaussian() * (i / (rate / 5) % 2)));
    }
    return wav(name, 1, rate, channels, 16, data.array());
  }

  private Path wav(String name, int tag, int rate, int channels, int bits, byte[] data)
      throws IOException {
    ByteBuffer file = ByteBuffer.allocate(44 + data.length).order(ByteOrder.LITTLE_ENDIAN);
    file.put(ascii("RIFF")).putInt(36 + data.length).put(ascii("WAVEfmt ")).putInt(16);
    file.putShort((short) tag).putShort((short) channels).putInt(rate);
    file.putInt(rate * channels * bits / 8).putShort((short) (channels * bits / 8));
    file.putShort((short) bits).put(ascii("data")).putInt(data.length).put(data);
    return Files.write(folder.resolve(name), file.array());
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private CommandLineRun align(Object... arguments) {
    Object[] all = Arrays.copyOf(arguments, arguments.length + 3);
    all[arguments.length] = "--out";
    all[arguments.length + 1] = out;
    all[arguments.length + 2] = "--temperature=0";
    Object[] command = new Object[all.length + 1];
    command[0] = "align";
    System.arraycopy(all, 0, command, 1, all.length);
    return CommandLineRun.of(command);
  }

  @Test
  void aTranscriptWithWordsSubtitlesAndAReport() throws IOException {
    Path audio = sound("talk.wav", 22050, 2, 30000);
    CommandLineRun run = align(audio, "--model", model, "--language", "en", "--beam", "2");
    assertEquals(0, run.exitCode(), run::err);
    assertTrue(run.out().contains("language en"), run::out);
    assertTrue(run.out().contains("ran on cpu"), run::out);
    JsonNode json = new ObjectMapper().readTree(Files.readString(out.resolve("talk.json")));
    assertEquals(1.361, json.get("duration").asDouble());
    int segments = json.get("segments").size();
    assertTrue(segments > 0);
    assertTrue(json.at("/segments/0/words/0/end").asDouble() > 0);
    assertEquals(
        segments,
        Files.readString(out.resolve("talk.srt")).lines().filter(l -> l.contains("-->")).count());
    assertTrue(Files.readString(out.resolve("talk.vtt")).startsWith("WEBVTT\n\n00:00:00.000 -->"));
    AttentionTrace trace = TraceFile.read(out.resolve("trace.safetensors"));
    assertEquals(2, trace.maps().size());
    assertEquals(Labels.Kind.FRAME, trace.maps().getFirst().keys().kind());
    assertEquals("en", trace.facts().get("language"));
    String report = Files.readString(out.resolve("report.html"));
    assertTrue(report.contains("id=\"spectrogram\""));
  }

  @Test
  void chosenFormatsOnlyOnEveryProvider() throws IOException {
    Path audio = sound("a.b.wav", 16000, 1, 9000);
    String first = "";
    for (String provider : new String[] {"cpu", "onnx", "reference"}) {
      CommandLineRun run =
          align(audio, "--model", model, "--provider", provider, "--format", "text,vtt");
      assertEquals(0, run.exitCode(), run::err);
      String text = Files.readString(out.resolve("a.b.txt"));
      first = first.isEmpty() ? text : first;
      assertEquals(first, text);
    }
    assertTrue(Files.exists(out.resolve("a.b.vtt")));
    assertFalse(Files.exists(out.resolve("a.b.json")));
  }

  @Test
  void silenceAndASingleSampleAreNoErrors() throws IOException {
    for (Path audio :
        new Path[] {
          wav("silence.wav", 1, 8000, 1, 16, new byte[40000]),
          wav("one.wav", 1, 16000, 1, 8, new byte[1]),
          wav("float.wav", 3, 96000, 2, 32, new byte[8000])
        }) {
      CommandLineRun run = align(audio, "--model", model);
      assertEquals(0, run.exitCode(), run::err);
    }
  }

  @Test
  void whatIsNoSoundLeavesNothingBehind() throws IOException {
    refused(wav("empty.wav", 1, 16000, 1, 16, new byte[0]), "at least one sample");
    refused(wav("odd.wav", 85, 16000, 1, 16, new byte[4]), "format 85");
    refused(Files.writeString(folder.resolve("song.mp3"), "ID3 and so on"), "RIFF");
    refused(folder.resolve("none.wav"), "no such file");
    refused(folder, "expected a file");
    Path cut = sound("cut.wav", 16000, 1, 500);
    Files.write(cut, Arrays.copyOf(Files.readAllBytes(cut), 700));
    refused(cut, "the file ends after");
  }

  private void refused(Path audio, String expected) throws IOException {
    refused(align(audio, "--model", model), expected);
  }

  private void refused(CommandLineRun run, String expected) throws IOException {
    assertEquals(2, run.exitCode(), run::err);
    assertEquals(1, run.errLines().size(), run::err);
    assertTrue(run.err().contains(expected), run::err);
    assertEquals("", run.out());
    if (Files.isDirectory(out)) {
      try (var files = Files.list(out)) {
        assertEquals(0, files.count());
      }
    }
  }

  @Test
  void foldersAndOptionsThatDoNotFit() throws IOException {
    Path audio = sound("x.wav", 16000, 1, 9000);
    refused(align(audio, "--model", model, "--language", "tlh"), "expected one of en, ja");
    refused(align(audio, "--model", model, "--task", "sing"), "--task");
    refused(align(audio, "--model", model, "--beam", "0"), "beam");
    refused(align(audio, "--model", model, "--format", "ass"), "--format");
    refused(align(audio, "--model", folder.resolve("nowhere")), "nowhere");
    Files.delete(model.resolve("tokenizer.json"));
    refused(align(audio, "--model", model), "tokenizer.json");
    Files.writeString(model.resolve("config.json"), "{\"model_type\": \"clip\"}");
    refused(align(audio, "--model", model), "expected whisper");
    out = Files.writeString(folder.resolve("file"), "mine");
    refused(align(audio, "--model", model), "file");
    assertEquals("mine", Files.readString(out));
  }
}
