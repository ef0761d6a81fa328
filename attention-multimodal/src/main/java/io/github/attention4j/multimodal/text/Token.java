package io.github.attention4j.multimodal.text;

/// One token of an encoded text.
///
/// @param id its row in the model's embedding
/// @param piece the vocabulary's entry, with the marks of its kind: `##ing`, `Ġcat`, `▁the`
/// @param surface what it covers of the text as it was given; the piece where it covers nothing, as
///   special tokens do
/// @param type the model's segment number (`token_type_ids`)
/// @param sequence 0 for tokens of the first text, 1 for those of its pair, -1 for what the
///   template added
/// @param word the number of its word within its text, counted by the tokenizer's own splitting; -1
///   for what the template added
/// @param special whether the template added it, as it does `[CLS]` or `</s>`
/// @param start where its text begins in the given text, in UTF-16 units
/// @param end where its text ends; `start` where it covers nothing
public record Token(
    int id,
    String piece,
    String surface,
    int type,
    int sequence,
    int word,
    boolean special,
    int start,
    int end) {}
