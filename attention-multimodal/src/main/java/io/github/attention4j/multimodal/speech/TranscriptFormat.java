package io.github.attention4j.multimodal.speech;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Locale;

/// The files a transcript becomes.
public enum TranscriptFormat {
  /// A line per segment.
  TEXT("txt") {
    @Override
    public String render(Transcript transcript) {
      StringBuilder all = new StringBuilder();
      transcript.segments().forEach(segment -> all.append(line(segment)).append('\n'));
      return all.toString();
    }
  },

  /// SubRip subtitles.
  SRT("srt") {
    @Override
    public String render(Transcript transcript) {
      StringBuilder all = new StringBuilder();
      int number = 1;
      for (Transcript.Segment segment : transcript.segments()) {
        all.append(number++).append('\n');
        cue(all, segment, ',');
      }
      return all.toString();
    }
  },

  /// WebVTT subtitles (<https://www.w3.org/TR/webvtt1/>).
  VTT("vtt") {
    @Override
    public String render(Transcript transcript) {
      StringBuilder all = new StringBuilder("WEBVTT\n\n");
      transcript.segments().forEach(segment -> cue(all, segment, '.'));
      return all.toString();
    }
  },

  /// Everything, words included, with the field names of openai/whisper.
  JSON("json") {
    @Override
    public String render(Transcript transcript) {
      StringWriter text = new StringWriter();
      try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
        json.useDefaultPrettyPrinter();
        write(json, transcript);
      } catch (IOException impossible) {
        throw new UncheckedIOException(impossible);
      }
      return text.append('\n').toString();
    }
  };

  private final String suffix;

  TranscriptFormat(String suffix) {
    this.suffix = suffix;
  }

  /// How its files end, without the dot.
  public String suffix() {
    return suffix;
  }

  /// The whole file.
  public abstract String render(Transcript transcript);

  private static String line(Transcript.Segment segment) {
    return segment.text().strip().replaceAll("\\s*\\R\\s*", " ");
  }

  private static void cue(StringBuilder to, Transcript.Segment segment, char point) {
    to.append(time(segment.start(), point))
        .append(" --> ")
        .append(time(segment.end(), point))
        .append('\n')
        .append(point == '.' ? escaped(line(segment)) : line(segment).replace("-->", "->"))
        .append("\n\n");
  }

  /** In WebVTT, these begin tags and references; without them there is no arrow either. */
  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static String time(double seconds, char point) {
    long millis = Math.round(seconds * 1000);
    return String.format(
        Locale.ROOT,
        "%02d:%02d:%02d%c%03d",
        millis / 3_600_000,
        millis / 60_000 % 60,
        millis / 1000 % 60,
        point,
        millis % 1000);
  }

  private static void write(JsonGenerator json, Transcript transcript) throws IOException {
    json.writeStartObject();
    json.writeStringField("text", transcript.text());
    json.writeStringField("language", transcript.language());
    json.writeNumberField("duration", rounded(transcript.seconds()));
    json.writeArrayFieldStart("segments");
    int id = 0;
    for (Transcript.Segment segment : transcript.segments()) {
      json.writeStartObject();
      json.writeNumberField("id", id++);
      json.writeNumberField("start", rounded(segment.start()));
      json.writeNumberField("end", rounded(segment.end()));
      json.writeStringField("text", segment.text());
      json.writeArrayFieldStart("tokens");
      for (int token : segment.tokens()) {
        json.writeNumber(token);
      }
      json.writeEndArray();
      json.writeNumberField("temperature", segment.temperature());
      json.writeNumberField("avg_logprob", segment.averageLogProbability());
      json.writeNumberField("compression_ratio", segment.compressionRatio());
      json.writeNumberField("no_speech_prob", segment.noSpeech());
      json.writeArrayFieldStart("words");
      for (Transcript.Word word : segment.words()) {
        json.writeStartObject();
        json.writeStringField("word", word.text());
        json.writeNumberField("start", rounded(word.start()));
        json.writeNumberField("end", rounded(word.end()));
        json.writeNumberField("probability", word.probability());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /** To milliseconds, so that sums of hundredths look like hundredths. */
  private static double rounded(double seconds) {
    return Math.rint(seconds * 1000) / 1000;
  }
}
