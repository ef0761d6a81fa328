package io.github.attention4j.viz.cli;

import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.Execution;
import io.github.attention4j.multimodal.ModelRunner;
import io.github.attention4j.multimodal.TextModel;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** Models by what a user calls them: a name that comes with the library, or a folder. */
final class Models {
  private Models() {}

  /**
   * The network of a folder in a published format, with every input its architecture knows; none if
   * it is another kind of model or no folder.
   */
  static Optional<Network> published(String nameOrFolder) throws IOException {
    Path folder = Path.of(nameOrFolder);
    if (TextModel.EMBEDDED.contains(nameOrFolder) || !Files.isDirectory(folder)) {
      return Optional.empty();
    }
    Checkpoint checkpoint = Checkpoint.open(folder);
    return ModelRunner.describes(checkpoint.config())
        ? Optional.of(ModelRunner.network(checkpoint, Set.of()))
        : Optional.empty();
  }

  static TextModel load(String nameOrFolder, Execution execution) throws IOException {
    if (TextModel.EMBEDDED.contains(nameOrFolder)) {
      return TextModel.embedded(nameOrFolder, execution);
    }
    Path folder = Path.of(nameOrFolder);
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException(
          "model: expected one of "
              + TextModel.EMBEDDED
              + " or a folder with a model, got '"
              + nameOrFolder
              + "'");
    }
    return TextModel.load(folder, execution);
  }
}
