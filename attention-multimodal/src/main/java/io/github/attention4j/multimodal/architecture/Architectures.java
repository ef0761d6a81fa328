package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.multimodal.checkpoint.Config;
import java.util.List;

/// The architectures that are known, and the choice among them.
public final class Architectures {
  private static final List<Architecture> ALL =
      List.of(
          Bert.BERT,
          Bert.ROBERTA,
          Bert.XLM_ROBERTA,
          new Clip(),
          new Gpt2(),
          new Llama(),
          new Longformer(),
          new Lxmert(),
          new Marian(),
          new T5(),
          new Vilbert(),
          new Vit(),
          new Whisper());

  private Architectures() {}

  /// The values of `model_type` that are known.
  public static List<String> known() {
    return ALL.stream().map(Architecture::modelType).sorted().toList();
  }

  /// Whether a configuration says what it describes: by `model_type`, or as ViLBERT's do, which
  /// were published without, by `v_biattention_id`.
  public static boolean describes(Config config) {
    return config.has("model_type") || config.has(Vilbert.MARK);
  }

  /// The architecture that a configuration names as its `model_type`.
  ///
  /// @throws IllegalArgumentException if it is unknown; lists those that are known
  public static Architecture of(Config config) {
    String type = config.text("model_type", config.has(Vilbert.MARK) ? Vilbert.TYPE : "");
    return ALL.stream()
        .filter(architecture -> architecture.modelType().equals(type))
        .findFirst()
        .orElseThrow(() -> config.refuse("model_type", "one of " + known()));
  }
}
