package io.github.attention4j.viz.cli;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.multimodal.checkpoint.Npz;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import io.github.attention4j.multimodal.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** Files of named arrays; the end of the name says which format. */
final class ArrayFiles {
  /** The formats. */
  private enum Format {
    SAFETENSORS,
    NPZ
  }

  private ArrayFiles() {}

  static Map<String, NdArray> read(Path file) throws IOException {
    Format format = format(file);
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    return switch (format) {
      case SAFETENSORS -> Safetensors.open(file).all();
      case NPZ -> Npz.read(file);
    };
  }

  static void write(Path file, Map<String, NdArray> arrays, Map<String, String> facts)
      throws IOException {
    switch (format(file)) {
      case SAFETENSORS -> SafetensorsWriter.write(file, arrays, facts);
      case NPZ -> Npz.write(file, arrays);
    }
  }

  /** Refuses what cannot be written, or whose end is no format, before any work is done. */
  static Path checked(Path file) throws IOException {
    format(file);
    return OutputFile.checked(file);
  }

  private static Format format(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".safetensors")) {
      return Format.SAFETENSORS;
    }
    if (name.endsWith(".npz")) {
      return Format.NPZ;
    }
    throw new IllegalArgumentException(
        file + ": expected a name that ends in .safetensors or .npz");
  }
}
