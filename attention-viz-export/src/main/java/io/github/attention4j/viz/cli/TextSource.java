package io.github.attention4j.viz.cli;

import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.TextModel;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.text.Tokenizer;
import io.github.attention4j.viz.explain.CheckpointFolder;
import io.github.attention4j.viz.explain.ExplainableModel;
import io.github.attention4j.viz.explain.Explainer;
import io.github.attention4j.viz.explain.ForeignModel;
import io.github.attention4j.viz.explain.Given;
import io.github.attention4j.viz.explain.InputMapping;
import io.github.attention4j.viz.explain.OnnxFile;
import io.github.attention4j.viz.explain.Positions;
import io.github.attention4j.viz.explain.VocabularyConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model that says of one text after another what it looked at. */
interface TextSource extends AutoCloseable {
  /** What it looked at. */
  AttentionTrace trace(String text) throws IOException;

  /** The embeddings of the tokens of a text. */
  float[][] embeddings(String text) throws IOException;

  @Override
  void close();

  /**
   * Opens a model that comes with the library, an ONNX file, or a folder.
   *
   * @param tokenizer the one beside the model if not given
   */
  static TextSource open(
      String model, Optional<Path> tokenizer, RunOptions options, ProviderSource providers)
      throws IOException {
    Path path = Path.of(model);
    if (ForeignModel.isOne(path)) {
      return published(
          OnnxFile.open(path, options.settings(), List.of(), List.of(), false),
          PublishedExplanation.folder(path),
          tokenizer);
    }
    if (PublishedExplanation.isFolder(model)) {
      return published(
          new CheckpointFolder(
              Checkpoint.open(path), options.execution(providers), List.of(), List.of(), false),
          path,
          tokenizer);
    }
    if (tokenizer.isPresent()) {
      throw new IllegalArgumentException(
          "tokenizer: expected an ONNX file or a checkpoint folder beside it, got '" + model + "'");
    }
    return embedded(Models.load(model, options.execution(providers)));
  }

  private static TextSource published(ExplainableModel model, Path folder, Optional<Path> tokenizer)
      throws IOException {
    try {
      return new Published(
          model, Tokenizer.load(tokenizer.orElse(folder)), VocabularyConfig.beside(folder), folder);
    } catch (IOException | RuntimeException failed) {
      model.close();
      throw failed;
    }
  }

  private static TextSource embedded(TextModel model) {
    return new TextSource() {
      @Override
      public AttentionTrace trace(String text) {
        return model.explain(text).trace();
      }

      @Override
      public float[][] embeddings(String text) {
        throw new IllegalArgumentException(
            "semantic: expected an ONNX file or a checkpoint folder, whose embeddings are known, got '"
                + model.name()
                + "'");
      }

      @Override
      public void close() {
        model.close();
      }
    };
  }

  /** A published model with its tokenizer. A decoder writes nothing but its start token. */
  record Published(
      ExplainableModel model, Tokenizer tokenizer, VocabularyConfig vocabulary, Path folder)
      implements TextSource {
    private Given given(String text) {
      GivenText reader = new GivenText(Optional.of(tokenizer), vocabulary, folder);
      boolean reads = InputMapping.readsText(model.inputs());
      Positions source =
          reads ? reader.source(Optional.of(text), Optional.empty(), List.of()) : null;
      Positions target =
          !InputMapping.writesText(model.inputs())
              ? null
              : reader.target(reads ? Optional.empty() : Optional.of(text));
      return new Given(source, target, null, Map.of(), vocabulary.pad());
    }

    private Explainer explainer() {
      return new Explainer(model, Optional.of(tokenizer), vocabulary, false);
    }

    @Override
    public AttentionTrace trace(String text) throws IOException {
      return explainer().explain(given(text), 0, Map.of("text", text)).trace();
    }

    @Override
    public float[][] embeddings(String text) throws IOException {
      return explainer().embeddings(given(text));
    }

    @Override
    public void close() {
      model.close();
      tokenizer.close();
    }
  }
}
