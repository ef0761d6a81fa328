package io.github.attention4j.multimodal.speech;

import io.github.attention4j.multimodal.checkpoint.Config;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// What the tokens of a Whisper vocabulary mean that are no text.
///
/// Languages are `<|en|>` … (`lang_to_id`), timestamps the tokens from `<|0.00|>` on, one for each
/// position of the encoder. A model that knows one language only begins with [#start] alone.
///
/// Source: Radford et al. 2022 (arXiv:2212.04356), figure 1; `generation_config.json`, and where it
/// says nothing the names in the vocabulary.
///
/// @param start `<|startoftranscript|>`
/// @param end `<|endoftext|>`
/// @param languages by code; empty if the model knows one only
/// @param transcribe the task of writing what is said
/// @param translate the task of writing it in English
/// @param noTimestamps says that none are wanted
/// @param firstTimestamp `<|0.00|>`
/// @param vocabulary how many tokens there are
/// @param previous `<|startofprev|>`, before the text of earlier windows
/// @param noSpeech `<|nospeech|>`, in older vocabularies `<|nocaptions|>`
/// @param never what no text contains: tasks and beginnings
public record SpecialTokens(
    int start,
    int end,
    Map<String, Integer> languages,
    OptionalInt transcribe,
    OptionalInt translate,
    int noTimestamps,
    int firstTimestamp,
    int vocabulary,
    OptionalInt previous,
    OptionalInt noSpeech,
    Set<Integer> never) {
  private static final int SMALLEST_MULTILINGUAL = 51865;

  public SpecialTokens {
    languages = Collections.unmodifiableMap(new LinkedHashMap<>(languages));
    never = Set.copyOf(never);
  }

  /// Reads them.
  ///
  /// @param generation `generation_config.json`, may be empty
  /// @throws IllegalArgumentException if the vocabulary lacks what no Whisper is without
  public static SpecialTokens read(Config config, Config generation, TokenText text) {
    int vocabulary = config.positive("vocab_size");
    int noTimestamps =
        generation.has("no_timestamps_token_id")
            ? generation.integer("no_timestamps_token_id")
            : required(text, "<|notimestamps|>");
    OptionalInt zero = text.id("<|0.00|>");
    Config first = generation.has("decoder_start_token_id") ? generation : config;
    Config last = generation.has("eos_token_id") ? generation : config;
    Map<String, Integer> languages =
        multilingual(generation, vocabulary) ? languages(generation, text) : Map.of();
    Optional<Config> tasks = generation.findSection("task_to_id");
    OptionalInt transcribe = task(tasks, "transcribe", text);
    OptionalInt translate = task(tasks, "translate", text);
    OptionalInt noSpeech = text.id("<|nospeech|>");
    if (noSpeech.isEmpty()) {
      noSpeech = text.id("<|nocaptions|>");
    }
    int start = first.integer("decoder_start_token_id");
    Set<Integer> never = new LinkedHashSet<>();
    never.add(start);
    never.add(noTimestamps);
    for (OptionalInt token :
        List.of(
            transcribe,
            translate,
            text.id("<|startofprev|>"),
            text.id("<|startoflm|>"),
            noSpeech)) {
      token.ifPresent(never::add);
    }
    SpecialTokens tokens =
        new SpecialTokens(
            start,
            last.isArray("eos_token_id")
                ? last.integers("eos_token_id").getFirst()
                : last.integer("eos_token_id"),
            languages,
            transcribe,
            translate,
            noTimestamps,
            zero.orElse(noTimestamps + 1),
            vocabulary,
            text.id("<|startofprev|>"),
            noSpeech,
            never);
    tokens.check();
    return tokens;
  }

  private static boolean multilingual(Config generation, int vocabulary) {
    return generation.flag("is_multilingual", vocabulary >= SMALLEST_MULTILINGUAL);
  }

  private static int required(TokenText text, String token) {
    return text.id(token)
        .orElseThrow(() ->
            new IllegalArgumentException(
                "tokenizer.json: expected a vocabulary of Whisper with the token "
                    + token
                    + ", there is none"));
  }

  private static OptionalInt task(Optional<Config> tasks, String name, TokenText text) {
    return tasks.isPresent() && tasks.get().has(name)
        ? OptionalInt.of(tasks.get().integer(name))
        : text.id("<|" + name + "|>");
  }

  private static Map<String, Integer> languages(Config generation, TokenText text) {
    Map<String, Integer> languages = new LinkedHashMap<>();
    Optional<Config> listed = generation.findSection("lang_to_id");
    if (listed.isPresent()) {
      listed
          .get()
          .wholeNumbers()
          .forEach((token, id) -> languages.put(token.replaceAll("^<\\||\\|>$", ""), id));
    } else {
      // Codes of ISO 639 and the few longer ones that Whisper knows.
      for (String code : Locale.getISOLanguages()) {
        text.id("<|" + code + "|>").ifPresent(id -> languages.put(code, id));
      }
      for (String code : List.of("haw", "jw", "yue")) {
        text.id("<|" + code + "|>").ifPresent(id -> languages.put(code, id));
      }
    }
    if (languages.isEmpty()) {
      throw new IllegalArgumentException(
          "generation_config.json: expected lang_to_id, or tokens of languages such as <|en|> in"
              + " tokenizer.json, for a model of many languages");
    }
    return languages;
  }

  private void check() {
    if (firstTimestamp >= vocabulary) {
      throw new IllegalArgumentException(
          "config.json: vocab_size: expected timestamps after token "
              + noTimestamps
              + " within it, got "
              + vocabulary);
    }
    for (int token : List.of(start, end, noTimestamps)) {
      if (token >= vocabulary) {
        throw new IllegalArgumentException(
            "generation_config.json: expected tokens below vocab_size "
                + vocabulary
                + ", got "
                + token);
      }
    }
  }

  /// Whether the model knows several languages, so that it is told which, and what to do.
  public boolean multilingual() {
    return !languages.isEmpty();
  }

  /// Whether a token is a time.
  public boolean isTimestamp(int token) {
    return token >= firstTimestamp;
  }

  /// Whether a token is a piece of text.
  public boolean isText(int token) {
    return token < firstTimestamp
        && token != end
        && !never.contains(token)
        && !languages.containsValue(token);
  }

  /// All tokens that are pieces of text.
  public BitSet text() {
    BitSet text = new BitSet(vocabulary);
    text.set(0, firstTimestamp);
    text.clear(end);
    never.forEach(text::clear);
    languages.values().forEach(text::clear);
    return text;
  }

  /// The prompt that says what is to be written.
  ///
  /// @param language a code; ignored if the model knows one only
  /// @param translating into English instead of writing what is said
  /// @throws IllegalArgumentException if the model does not know the language or cannot translate
  public List<Integer> prompt(String language, boolean translating) {
    if (!multilingual()) {
      if (translating) {
        throw new IllegalArgumentException(
            "task: expected transcribe of a model that knows one language only, got translate");
      }
      return List.of(start);
    }
    OptionalInt task = translating ? translate : transcribe;
    if (task.isEmpty()) {
      throw new IllegalArgumentException(
          "task: expected one whose token the vocabulary has, got "
              + (translating ? "translate" : "transcribe"));
    }
    return List.of(start, language(language), task.getAsInt());
  }

  private int language(String code) {
    Integer token = languages.get(code);
    if (token == null) {
      throw new IllegalArgumentException(
          "language: expected one of "
              + String.join(", ", languages.keySet())
              + ", got '"
              + code
              + "'");
    }
    return token;
  }
}
