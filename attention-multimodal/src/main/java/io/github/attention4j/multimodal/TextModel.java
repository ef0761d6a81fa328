package io.github.attention4j.multimodal;

import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.architecture.AnnotatedTransformer;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.checkpoint.Config;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// A model that takes a text and can be asked what it looked at. Safe for use by several threads;
/// running after closing is an [IllegalStateException].
public interface TextModel extends AutoCloseable {
  /// The models that come with the library: `dates` turns dates as people write them into ISO 8601,
  /// `induction` continues repeated symbols.
  List<String> EMBEDDED = List.of("dates", "induction");

  /// What it is called.
  String name();

  /// Who runs it and where.
  String device();

  /// The networks it consists of: what can be exported.
  List<Network> networks();

  /// Runs a text.
  ///
  /// @throws IllegalArgumentException if the text is empty or longer than the model reads
  Explanation explain(String text);

  @Override
  void close();

  /// A model that comes with the library.
  ///
  /// @throws IllegalArgumentException if there is none of this name; names those there are
  static TextModel embedded(String name, Execution execution) throws IOException {
    if (!EMBEDDED.contains(name)) {
      throw new IllegalArgumentException(
          "model: expected one of " + EMBEDDED + ", got '" + name + "'");
    }
    return load(name, Checkpoint.resources(TextModel.class, name), execution);
  }

  /// A model from a folder.
  ///
  /// @throws IllegalArgumentException if the folder holds no model that reads texts as its own
  ///   tokenizer files describe
  static TextModel load(Path folder, Execution execution) throws IOException {
    Path name = folder.toAbsolutePath().normalize().getFileName();
    return load(
        name == null ? folder.toString() : name.toString(), Checkpoint.open(folder), execution);
  }

  private static TextModel load(String name, Checkpoint checkpoint, Execution execution)
      throws IOException {
    Config config = checkpoint.config();
    if (AnnotatedTransformer.describes(config)) {
      return DateTranslator.load(name, checkpoint, execution);
    }
    return LanguageModel.load(name, checkpoint, execution);
  }
}
