package io.github.attention4j.viz.cli;

import io.github.attention4j.multimodal.Execution;
import io.github.attention4j.multimodal.TextModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Models by what a user calls them: a name that comes with the library, or a folder. */
final class Models {
  private Models() {}

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
