package io.github.attention4j.multimodal.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A model as it is published: a folder with `config.json`, its parameters as `model.safetensors`
/// (or shards named by `model.safetensors.index.json`), and files for its texts and images. Pickled
/// parameters are never read.
public final class Checkpoint {
  /// The settings of the model.
  public static final String CONFIG = "config.json";

  private static final String WEIGHTS = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final String WEIGHT_MAP = "weight_map";

  private final String source;
  private final Storage storage;

  private Checkpoint(String source, Storage storage) {
    this.source = source;
    this.storage = storage;
  }

  /** Where the files are. */
  private interface Storage {
    boolean exists(String name) throws IOException;

    Optional<byte[]> read(String name) throws IOException;

    Optional<Safetensors> map(String name) throws IOException;
  }

  /// A folder.
  ///
  /// @throws IOException if it does not exist or is no folder
  public static Checkpoint open(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      throw new NoSuchFileException(folder.toString(), null, "no such folder");
    }
    if (!Files.isDirectory(folder)) {
      throw new NotDirectoryException(folder.toString());
    }
    return new Checkpoint(
        folder.toString(),
        new Storage() {
          @Override
          public boolean exists(String name) {
            return Files.exists(folder.resolve(name));
          }

          @Override
          public Optional<byte[]> read(String name) throws IOException {
            Path file = folder.resolve(name);
            return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
          }

          @Override
          public Optional<Safetensors> map(String name) throws IOException {
            Path file = folder.resolve(name);
            return Files.exists(file) ? Optional.of(Safetensors.open(file)) : Optional.empty();
          }
        });
  }

  /// Resources beside a class.
  ///
  /// @param anchor the class whose module and package hold them
  /// @param folder relative to the class, such as `dates`
  public static Checkpoint resources(Class<?> anchor, String folder) {
    return new Checkpoint(
        folder,
        new Storage() {
          @Override
          public boolean exists(String name) throws IOException {
            return read(name).isPresent();
          }

          @Override
          public Optional<byte[]> read(String name) throws IOException {
            try (InputStream in = anchor.getResourceAsStream(folder + "/" + name)) {
              return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
            }
          }

          @Override
          public Optional<Safetensors> map(String name) throws IOException {
            return read(name).map(bytes -> Safetensors.of(folder + "/" + name, bytes));
          }
        });
  }

  /// Where it came from, for messages.
  public String source() {
    return source;
  }

  /// `config.json`.
  ///
  /// @throws NoSuchFileException if it is missing
  public Config config() throws IOException {
    return json(CONFIG);
  }

  /// Checks that this is a model of one of these kinds.
  ///
  /// @param modelTypes values of `model_type`
  /// @throws IllegalArgumentException if it is another; says which, and what was expected
  public void require(String... modelTypes) throws IOException {
    Config config = config();
    if (!config.has("model_type")) {
      throw config.refuse("model_type", "one of " + List.of(modelTypes));
    }
    String type = config.text("model_type");
    if (!List.of(modelTypes).contains(type)) {
      throw new IllegalArgumentException(
          source
              + ": expected a model of type "
              + String.join(" or ", modelTypes)
              + ", this is one of type "
              + OneLine.quoted(type));
    }
  }

  /// A JSON file of the folder.
  ///
  /// @throws NoSuchFileException if it is missing
  public Config json(String name) throws IOException {
    return Config.parse(source + "/" + name, bytes(name));
  }

  /// A JSON file of the folder, if it is there.
  public Optional<Config> findJson(String name) throws IOException {
    return storage.read(name).map(bytes -> Config.parse(source + "/" + name, bytes));
  }

  /// A file of the folder that holds a JSON array of strings.
  ///
  /// @throws NoSuchFileException if it is missing
  public List<String> strings(String name) throws IOException {
    return Config.parseStrings(source + "/" + name, bytes(name));
  }

  /// A file of the folder.
  ///
  /// @throws NoSuchFileException if it is missing
  public byte[] bytes(String name) throws IOException {
    return storage.read(name).orElseThrow(() -> missing(name, "the model folder needs it"));
  }

  /// The parameters, from one file or from shards.
  ///
  /// @throws NoSuchFileException if there are none
  /// @throws IllegalArgumentException if a file is damaged or the index does not fit the shards
  public Weights weights() throws IOException {
    Optional<Safetensors> single = storage.map(WEIGHTS);
    if (single.isPresent()) {
      return Weights.of(source, single.get());
    }
    Optional<Config> index = findJson(INDEX);
    if (index.isPresent()) {
      return Weights.of(source, shards(index.get()));
    }
    throw missing(
        WEIGHTS,
        pickled()
            ? "there is pytorch_model.bin, a pickle, which is never read, for reading it runs the code in it;"
                + " where you trust it, convert it once in Python: save_pretrained(FOLDER,"
                + " safe_serialization=True), or safetensors.torch.save_file(state_dict, '"
                + WEIGHTS
                + "')"
            : "the model folder needs it (or " + INDEX + ")");
  }

  private boolean pickled() throws IOException {
    return storage.exists("pytorch_model.bin") || storage.exists("pytorch_model.bin.index.json");
  }

  private Map<String, Safetensors> shards(Config index) throws IOException {
    Map<String, Safetensors> opened = new LinkedHashMap<>();
    Map<String, Safetensors> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, String> entry : index.section(WEIGHT_MAP).strings().entrySet()) {
      String shard = entry.getValue();
      if (shard.isEmpty() || shard.startsWith(".") || shard.contains("/") || shard.contains("\\")) {
        throw new IllegalArgumentException(
            source
                + "/"
                + INDEX
                + ": tensor "
                + OneLine.quoted(entry.getKey())
                + ": expected the name of a file beside it, got "
                + OneLine.quoted(shard));
      }
      Safetensors file = opened.get(shard);
      if (file == null) {
        file = storage.map(shard).orElseThrow(() -> missing(shard, INDEX + " names it"));
        opened.put(shard, file);
      }
      if (!file.has(entry.getKey())) {
        throw new IllegalArgumentException(
            source
                + "/"
                + shard
                + ": expected the tensor "
                + OneLine.quoted(entry.getKey())
                + " that "
                + INDEX
                + " places there, it is missing");
      }
      tensors.put(entry.getKey(), file);
    }
    // What a shard holds besides is kept, so that a model can name what it does not use.
    opened.values().forEach(file -> file.names().forEach(name -> tensors.putIfAbsent(name, file)));
    return tensors;
  }

  private NoSuchFileException missing(String name, String reason) {
    return new NoSuchFileException(source + "/" + name, null, "no such file: " + reason);
  }
}
