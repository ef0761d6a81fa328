package io.github.attention4j.viz.cli;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.spi.ModelExporter;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "export",
    header = "Writes a mechanism or a model for other runtimes.",
    description = {
      "Writes what SPEC describes (see 'attention run --help'), or the networks of a model, as a file that other runtimes load. "
          + "The end of the output's name chooses the format.",
      "",
      "A model of several networks becomes one file each: its parts go to OUT-PART.onnx. Attention maps are extra outputs.",
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  attention export spec.json --output attention.onnx --opset 23",
      "  attention export --model dates --output dates.onnx",
    })
final class ExportCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final ProviderSource providers;
  private final List<ModelExporter> exporters;

  @ParentCommand private RootCommand root;

  @Parameters(paramLabel = "SPEC", arity = "0..1", description = "A mechanism as JSON.")
  private Optional<Path> spec = Optional.empty();

  @Option(
      names = "--model",
      paramLabel = "NAME|DIR",
      description = "A model that comes with attention4j, or a folder with one.")
  private Optional<String> model = Optional.empty();

  @Option(
      names = "--inputs",
      paramLabel = "FILE",
      description = "The arrays that SPEC names as its parameters, .safetensors or .npz.")
  private Optional<Path> inputs = Optional.empty();

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "The file to write, such as attention.onnx.")
  private Path output;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A choice of the format, such as inputs=state; may be repeated.")
  private Map<String, String> choices = new LinkedHashMap<>();

  @Option(
      names = "--opset",
      paramLabel = "N",
      description =
          "ONNX: the operator set, 17 to 24; 21 unless said. From 23 on, Attention is used.")
  private Optional<Integer> opset = Optional.empty();

  @Option(
      names = "--dialect",
      paramLabel = "NAME",
      description = "ONNX: portable, or fused for the com.microsoft operators of ONNX Runtime.")
  private Optional<String> dialect = Optional.empty();

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description = "ONNX: float32, float16 or bfloat16, of parameters and arithmetic.")
  private Optional<String> dtype = Optional.empty();

  @Option(names = "--no-maps", description = "Without attention maps as extra outputs of a model.")
  private boolean withoutMaps;

  @Inject
  ExportCommand(Terminal terminal, ProviderSource providers, List<ModelExporter> exporters) {
    this.terminal = terminal;
    this.providers = providers;
    this.exporters = exporters;
  }

  @Override
  public Integer call() throws IOException {
    ModelExporter exporter = exporter();
    OutputFile.checked(output);
    opset.ifPresent(value -> choices.put("opset", value.toString()));
    dialect.ifPresent(value -> choices.put("dialect", value));
    dtype.ifPresent(value -> choices.put("dtype", value));
    if (spec.isPresent() == model.isPresent()) {
      throw new IllegalArgumentException("expected either SPEC or --model");
    }
    if (spec.isPresent() && withoutMaps) {
      throw new IllegalArgumentException(
          "no-maps: expected --model with it; a mechanism's captures stand in SPEC");
    }
    if (model.isPresent() && inputs.isPresent()) {
      throw new IllegalArgumentException(
          "inputs: expected SPEC with them; a model has its own parameters");
    }
    if (spec.isPresent()) {
      Map<String, NdArray> arrays = inputs.isPresent() ? ArrayFiles.read(inputs.get()) : Map.of();
      Request request = SpecFile.read(spec.get(), arrays);
      List<String> reasons = exporter.unsupported(request, choices);
      if (!reasons.isEmpty()) {
        throw new UnsupportedRequestException(
            exporter.format() + " cannot hold this: " + String.join("; ", reasons));
      }
      exporter.export(request, choices, output);
      terminal.out().println("wrote " + output);
      return ExitCode.OK;
    }
    Optional<Network> published = Models.published(model.get());
    if (published.isPresent()) {
      write(exporter, published.get(), output);
      return ExitCode.OK;
    }
    try (var loaded = Models.load(model.get(), root.options().execution(providers))) {
      List<Network> networks = loaded.networks();
      for (Network network : networks) {
        Path file = networks.size() == 1 ? output : named(loaded.name(), network.name());
        write(exporter, network, file);
      }
    }
    return ExitCode.OK;
  }

  private void write(ModelExporter exporter, Network network, Path file) throws IOException {
    terminal.progress("exporting " + network.name());
    exporter.export(network, withoutMaps ? List.of() : network.attentionNodes(), choices, file);
    terminal.endProgress();
    terminal.out().println("wrote " + file);
  }

  /**
   * The output itself for the network of the model's name, {@code OUT-PART.onnx} for {@code
   * MODEL.PART}.
   */
  private Path named(String modelName, String network) {
    if (network.equals(modelName)) {
      return output;
    }
    String part =
        network.startsWith(modelName + ".") ? network.substring(modelName.length() + 1) : network;
    String file = output.getFileName().toString();
    int dot = file.lastIndexOf('.');
    return output.resolveSibling(
        file.substring(0, dot)
            + "-"
            + part.replaceAll("[^A-Za-z0-9._-]+", "-")
            + file.substring(dot));
  }

  private ModelExporter exporter() {
    String name = output.toString().toLowerCase(Locale.ROOT);
    List<String> formats = exporters.stream().map(ModelExporter::format).toList();
    return exporters.stream()
        .filter(each -> name.endsWith("." + each.format()))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "output: expected a name that ends in one of " + formats + ", got " + output));
  }
}
