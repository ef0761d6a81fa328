package io.github.attention4j.multimodal;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.spi.ModelPort;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.architecture.AnnotatedTransformer;
import io.github.attention4j.multimodal.architecture.Architecture;
import io.github.attention4j.multimodal.architecture.Architectures;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/// Any checkpoint of a known architecture as one network on given arrays: outputs and every
/// attention map, under the names of the published implementation (`logits`, `hidden_states.0`,
/// `attentions.0`, `cross_attentions.1` …).
///
/// `model_type` of `config.json` decides the architecture.
public final class ModelRunner implements AutoCloseable {
  private final String modelType;
  private final Optional<Architecture> architecture;
  private final Network network;
  private final List<String> unused;
  private final Program program;

  private ModelRunner(
      String modelType,
      Optional<Architecture> architecture,
      Network network,
      List<String> unused,
      Program program) {
    this.modelType = modelType;
    this.architecture = architecture;
    this.network = network;
    this.unused = unused;
    this.program = program;
  }

  /// Whether the configuration of a folder says which published architecture it holds.
  public static boolean describes(Config config) {
    return Architectures.describes(config);
  }

  /// The values of `model_type` that are known.
  public static List<String> knownTypes() {
    return Architectures.known();
  }

  /// Builds the network of a folder for the inputs a run will have.
  ///
  /// @param inputs their names
  /// @throws IllegalArgumentException if the architecture is unknown, an input is missing or
  ///   unknown, or a tensor is missing or mis-shaped; says which
  public static ModelRunner load(Path folder, Set<String> inputs, Execution execution)
      throws IOException {
    return load(Checkpoint.open(folder), inputs, execution);
  }

  /// Builds the network of a model that comes with the library, one of [TextModel#EMBEDDED].
  public static ModelRunner embedded(String name, Set<String> inputs, Execution execution)
      throws IOException {
    return load(Checkpoint.resources(TextModel.class, name), inputs, execution);
  }

  /// Builds the network of a checkpoint for the inputs a run will have.
  public static ModelRunner load(Checkpoint checkpoint, Set<String> inputs, Execution execution)
      throws IOException {
    return load(checkpoint, inputs, execution, UnaryOperator.identity());
  }

  /// Builds the network of a checkpoint, changed before it is compiled: such as with more outputs.
  public static ModelRunner load(
      Checkpoint checkpoint,
      Set<String> inputs,
      Execution execution,
      UnaryOperator<Network> changed)
      throws IOException {
    Config config = checkpoint.config();
    Weights weights = checkpoint.weights();
    Network network = changed.apply(network(checkpoint, config, weights, inputs));
    List<String> unused = List.copyOf(weights.unused());
    Program program = execution.compile(network, new LinkedHashSet<>(network.attentionNodes()));
    Optional<Architecture> architecture =
        AnnotatedTransformer.describes(config)
            ? Optional.empty()
            : Optional.of(Architectures.of(config));
    return new ModelRunner(type(config), architecture, network, unused, program);
  }

  /// The network of a checkpoint with every input the architecture requires and those named, for
  /// export.
  ///
  /// @param inputs names of inputs; none means all the architecture knows
  public static Network network(Checkpoint checkpoint, Set<String> inputs) throws IOException {
    Config config = checkpoint.config();
    Set<String> chosen = new LinkedHashSet<>(inputs);
    if (chosen.isEmpty() && !AnnotatedTransformer.describes(config)) {
      Architectures.of(config).inputs(config).stream()
          .map(Architecture.Input::name)
          .filter(name -> !name.equals("position_ids"))
          .forEach(chosen::add);
    }
    return network(checkpoint, config, checkpoint.weights(), chosen);
  }

  /// What the architecture of a checkpoint reads. Sizes are symbols; what the architecture can do
  /// without is optional.
  ///
  /// @throws IllegalArgumentException if the architecture is unknown
  public static List<ModelPort> ports(Checkpoint checkpoint) throws IOException {
    Config config = checkpoint.config();
    List<ModelPort> ports = new ArrayList<>();
    for (Architecture.Input input : Architectures.of(config).inputs(config)) {
      // "int64 [batch, length]: tokens"
      String meaning = input.meaning();
      int open = meaning.indexOf('[');
      int close = meaning.indexOf(']');
      List<String> axes = List.of(meaning.substring(open + 1, close).split(", "));
      String type = meaning.substring(0, open).strip().replace("float32", "float");
      ports.add(new ModelPort(input.name(), type, axes, !input.required()));
    }
    return ports;
  }

  private static String type(Config config) {
    return AnnotatedTransformer.describes(config)
        ? "annotated transformer"
        : Architectures.of(config).modelType();
  }

  private static Network network(
      Checkpoint checkpoint, Config config, Weights weights, Set<String> inputs)
      throws IOException {
    if (AnnotatedTransformer.describes(config)) {
      int vocabulary = checkpoint.strings("vocab.json").size();
      return AnnotatedTransformer.read(config, vocabulary)
          .networks("annotated_transformer", weights)
          .whole();
    }
    Architecture architecture = Architectures.of(config);
    List<String> known = new ArrayList<>();
    for (Architecture.Input input : architecture.inputs(config)) {
      known.add(input.name());
      if (input.required() && !inputs.contains(input.name())) {
        throw new IllegalArgumentException(
            "inputs: expected '"
                + input.name()
                + "' for "
                + architecture.modelType()
                + " ("
                + input.meaning()
                + "), got "
                + inputs);
      }
    }
    for (String name : inputs) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "inputs: expected some of "
                + known
                + " for "
                + architecture.modelType()
                + ", got '"
                + name
                + "'");
      }
    }
    return architecture.network(config, weights, inputs);
  }

  /// What `config.json` calls the architecture.
  public String modelType() {
    return modelType;
  }

  /// The network.
  public Network network() {
    return network;
  }

  /// Who runs it and where.
  public String device() {
    return program.device();
  }

  /// The tensors of the checkpoint that the network does not use, such as heads for other tasks.
  public List<String> unusedTensors() {
    return unused;
  }

  /// Runs the network.
  ///
  /// @throws IllegalArgumentException if an input is missing or has a wrong type or shape
  public Result run(Inputs inputs) {
    Inputs needed = Inputs.none();
    for (var port : network.inputs()) {
      NdArray array = inputs.get(port.name());
      needed = needed.with(port.name(), array);
    }
    Result result = program.run(needed);
    Map<String, Tensor> tables =
        architecture.isPresent() ? architecture.get().tables(network, inputs) : Map.of();
    if (tables.isEmpty()) {
      return result;
    }
    Map<String, NdArray> all = new LinkedHashMap<>(result.arrays());
    all.putAll(tables);
    return Result.of(all);
  }

  /// What one sample of a run looked at; regions and patches where the inputs tell their places,
  /// other positions numbered.
  ///
  /// @param inputs of the run
  /// @param sample from 0; a map of fewer samples, such as of the other side of a two-tower model,
  ///   is left out
  /// @param facts for the trace; `model` and `device` are added
  public AttentionTrace trace(Inputs inputs, Result result, int sample, Map<String, String> facts) {
    SeenPlaces places = SeenPlaces.of(network, inputs, sample);
    List<AttentionMap> maps = new ArrayList<>();
    for (String node : network.attentionNodes()) {
      Tensor all = result.tensor(node);
      long[] sizes = all.shape().toArray();
      if (sample < sizes[0]) {
        long bytes = all.segment().byteSize() / sizes[0];
        Tensor weights =
            Tensor.wrap(
                all.segment().asSlice(sample * bytes, bytes),
                Shape.of(sizes[1], sizes[2], sizes[3]));
        maps.add(
            new AttentionMap(
                node,
                TokenTrace.label(network, node),
                weights,
                places.queries(TokenTrace.label(network, node).kind(), sizes[2]),
                places.keys(TokenTrace.label(network, node).kind(), sizes[3]),
                ""));
      }
    }
    Map<String, String> all = new LinkedHashMap<>(facts);
    all.put("model", modelType);
    all.put("device", device());
    return new AttentionTrace(maps, all);
  }

  @Override
  public void close() {
    program.close();
  }
}
