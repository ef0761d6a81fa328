package io.github.attention4j.viz.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Tokenizer files of a few words, one of each kind, for models with little more than 100 tokens.
 */
final class TinyTokenizers {
  private static final List<String> WORDS =
      List.of("the", "cat", "sat", "on", "mat", "and", "dog", "ran", "a", "un", "play", "good");
  private static final List<String> PIECES = List.of("s", "ing", "ed", "able", "er");
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz.,!?'";

  private TinyTokenizers() {}

  private static String special(int id, String token) {
    return "{\"id\":%d,\"content\":\"%s\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true}"
        .formatted(id, token);
  }

  private static String vocabulary(List<String> tokens) {
    StringBuilder json = new StringBuilder("{");
    for (int id = 0; id < tokens.size(); id++) {
      json.append(id == 0 ? "" : ",").append('"').append(tokens.get(id)).append("\":").append(id);
    }
    return json.append('}').toString();
  }

  private static Path write(Path folder, String json) throws IOException {
    return Files.writeString(folder.resolve("tokenizer.json"), json);
  }

  /** As BERT: `[PAD]` 0, `[UNK]` 1, `[CLS]` 2, `[SEP]` 3, `[MASK]` 4. */
  static Path wordPiece(Path folder) throws IOException {
    List<String> tokens = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    tokens.addAll(WORDS);
    PIECES.forEach(piece -> tokens.add("##" + piece));
    LETTERS
        .codePoints()
        .mapToObj(Character::toString)
        .filter(one -> !one.equals("a"))
        .forEach(tokens::add);
    return write(
        folder,
        """
        {"version":"1.0","truncation":null,"padding":null,"added_tokens":[%s,%s,%s],
         "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
         "pre_tokenizer":{"type":"BertPreTokenizer"},
         "post_processor":{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]},
         "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
         "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":%s}}
        """
            .formatted(
                special(2, "[CLS]"),
                special(3, "[SEP]"),
                special(4, "[MASK]"),
                vocabulary(tokens)));
  }

  /** As GPT-2: letters that stand for bytes, and merges; no special token around a text. */
  static Path byteLevel(Path folder) throws IOException {
    List<String> tokens = new ArrayList<>();
    (LETTERS + "\u0120\u010A\u00C3\u00A9")
        .codePoints()
        .mapToObj(Character::toString)
        .forEach(tokens::add);
    List<String> merges = new ArrayList<>();
    for (String word : List.of("the", "cat", "sat", "ing")) {
      String joined = word.equals("ing") ? "i" : "\u0120";
      for (char letter : (word.equals("ing") ? "ng" : word).toCharArray()) {
        String merge = "\"" + joined + " " + letter + "\"";
        joined += letter;
        if (!tokens.contains(joined)) {
          merges.add(merge);
          tokens.add(joined);
        }
      }
    }
    tokens.add("<|endoftext|>");
    return write(
        folder,
        """
        {"version":"1.0","truncation":null,"padding":null,"added_tokens":[%s],"normalizer":null,
         "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":true},
         "post_processor":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true},
         "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
         "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":"","end_of_word_suffix":"","fuse_unk":false,
          "byte_fallback":false,"vocab":%s,"merges":[%s]}}
        """
            .formatted(
                special(tokens.size() - 1, "<|endoftext|>"),
                vocabulary(tokens),
                String.join(",", merges)));
  }

  /** As Marian and T5: scored pieces, `</s>` 0 behind a text. */
  static Path unigram(Path folder) throws IOException {
    List<String> pieces = new ArrayList<>(List.of("</s>", "<unk>"));
    WORDS.forEach(word -> pieces.add("\u2581" + word));
    pieces.addAll(PIECES);
    LETTERS
        .codePoints()
        .mapToObj(Character::toString)
        .filter(one -> !one.equals("s"))
        .forEach(pieces::add);
    pieces.add("\u2581");
    StringBuilder scored = new StringBuilder();
    for (int id = 0; id < pieces.size(); id++) {
      double score = id < 2 ? 0 : pieces.get(id).length() > 1 ? -1 - 0.01 * id : -8;
      scored.append(id == 0 ? "" : ",").append("[\"%s\",%s]".formatted(pieces.get(id), score));
    }
    return write(
        folder,
        """
        {"version":"1.0","truncation":null,"padding":null,"added_tokens":[%s],"normalizer":null,
         "pre_tokenizer":{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always","split":true},
         "post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],
          "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],
          "special_tokens":{"</s>":{"id":"</s>","ids":[0],"tokens":["</s>"]}}},
         "decoder":{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always","split":true},
         "model":{"type":"Unigram","unk_id":1,"byte_fallback":false,"vocab":[%s]}}
        """
            .formatted(special(0, "</s>"), scored));
  }
}
