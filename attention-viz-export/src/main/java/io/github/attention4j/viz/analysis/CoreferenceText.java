package io.github.attention4j.viz.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A text with its clusters of mentions, as the JSON lines that coreference systems exchange:
/// `{"sentences": [["The", "cat", …], …], "clusters": [[[0, 1], [5, 5]], …]}`, spans with both ends
/// included, counted over all words.
///
/// A mention stands at the last word of its span, which in English mostly is its head; where two
/// stand at one word, the shorter does.
///
/// @param words of all sentences
/// @param mentions in the order of their words
public record CoreferenceText(List<String> words, List<Coreference.Mention> mentions) {
  private static final ObjectMapper JSON = new ObjectMapper();

  public CoreferenceText {
    words = List.copyOf(words);
    mentions = List.copyOf(mentions);
  }

  /// The words with one space between them.
  public String text() {
    return String.join(" ", words);
  }

  /// Reads a file of such lines; empty ones are skipped.
  ///
  /// @throws IllegalArgumentException if a line is something else; names the file and the line
  public static List<CoreferenceText> read(Path file) throws IOException {
    List<CoreferenceText> texts = new ArrayList<>();
    TextLines.read(
        file,
        (number, line) -> {
          if (!line.isBlank()) {
            texts.add(parse(line, file + ":" + number));
          }
        });
    return texts;
  }

  private static CoreferenceText parse(String line, String where) {
    JsonNode root;
    try {
      root = JSON.readTree(line);
    } catch (com.fasterxml.jackson.core.JsonProcessingException malformed) {
      throw new IllegalArgumentException(
          where + ": expected a JSON object: " + malformed.getOriginalMessage(), malformed);
    }
    List<String> words = new ArrayList<>();
    for (JsonNode sentence : root.path("sentences")) {
      sentence.forEach(word -> words.add(word.asText()));
    }
    JsonNode clusters = root.path("clusters");
    if (words.isEmpty() || !clusters.isArray()) {
      throw new IllegalArgumentException(
          where + ": expected the fields sentences and clusters, both arrays");
    }
    record Span(int length, int entity) {}
    Map<Integer, Span> at = new TreeMap<>();
    for (int entity = 0; entity < clusters.size(); entity++) {
      for (JsonNode span : clusters.get(entity)) {
        int first = span.path(0).asInt(-1);
        int last = span.path(1).asInt(-1);
        if (span.size() != 2 || first < 0 || last < first || last >= words.size()) {
          throw new IllegalArgumentException(
              where + ": expected spans within " + words.size() + " words, got " + span);
        }
        Span known = at.get(last);
        if (known == null || last - first < known.length()) {
          at.put(last, new Span(last - first, entity));
        }
      }
    }
    List<Coreference.Mention> mentions = new ArrayList<>();
    at.forEach((word, span) -> mentions.add(new Coreference.Mention(word, span.entity())));
    return new CoreferenceText(words, mentions);
  }
}
