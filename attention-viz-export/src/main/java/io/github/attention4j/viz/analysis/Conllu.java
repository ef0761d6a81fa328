package io.github.attention4j.viz.analysis;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Sentences with their dependency trees, from a CoNLL-U file.
///
/// Multiword tokens (`3-4`) and empty nodes (`5.1`) are passed over, as their words or nothing
/// stand for them.
public final class Conllu {
  private static final Pattern PASSED_OVER = Pattern.compile("\\d+[-.]\\d+");
  private static final int COLUMNS = 10;

  private Conllu() {}

  /// One word of a tree.
  ///
  /// @param form the word as it is written
  /// @param head the position of the word it depends on, from 0; -1 for the root
  /// @param relation how, without the language's subtype: `nsubj` for `nsubj:pass`
  public record Word(String form, int head, String relation) {}

  /// One sentence.
  ///
  /// @param words in their order
  public record Sentence(List<Word> words) {
    public Sentence {
      words = List.copyOf(words);
      for (Word word : words) {
        if (word.head() < -1 || word.head() >= words.size()) {
          throw new IllegalArgumentException(
              "head of '"
                  + word.form()
                  + "': expected -1 to "
                  + (words.size() - 1)
                  + ", got "
                  + word.head());
        }
      }
    }

    /// The words with one space between them.
    public String text() {
      return String.join(" ", words.stream().map(Word::form).toList());
    }
  }

  /// Reads all sentences.
  ///
  /// @throws IllegalArgumentException if a line is malformed; names the file and the line
  public static List<Sentence> read(Path file) throws IOException {
    List<Sentence> sentences = new ArrayList<>();
    List<Word> words = new ArrayList<>();
    TextLines.read(
        file,
        (number, line) -> {
          if (line.isBlank()) {
            end(sentences, words);
          } else if (!line.startsWith("#")) {
            String[] columns = line.split("\t", -1);
            if (columns.length != COLUMNS) {
              throw new IllegalArgumentException(
                  file + ":" + number + ": expected 10 columns, got " + columns.length);
            }
            if (!PASSED_OVER.matcher(columns[0]).matches()) {
              words.add(word(columns, file, number));
            }
          }
        });
    end(sentences, words);
    return sentences;
  }

  private static void end(List<Sentence> sentences, List<Word> words) {
    if (!words.isEmpty()) {
      sentences.add(new Sentence(words));
      words.clear();
    }
  }

  private static Word word(String[] columns, Path file, long number) {
    try {
      return new Word(columns[1], Integer.parseInt(columns[6]) - 1, columns[7].split(":", 2)[0]);
    } catch (NumberFormatException malformed) {
      throw new IllegalArgumentException(
          file + ":" + number + ": head: expected a number, got '" + columns[6] + "'", malformed);
    }
  }
}
