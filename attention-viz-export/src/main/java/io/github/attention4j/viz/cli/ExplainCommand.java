package io.github.attention4j.viz.cli;

import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.Explanation;
import io.github.attention4j.multimodal.TextModel;
import io.github.attention4j.viz.explain.ForeignModel;
import io.github.attention4j.viz.explain.MapPicture;
import io.github.attention4j.viz.format.TraceFile;
import io.github.attention4j.viz.report.Report;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "explain",
    header = "Runs a model and shows what it looked at.",
    description = {
      "Prints the prediction, a map of the attention (rows are the output, columns the input), and for every head of the "
          + "cross-attention what it aligns. Writes report.html, one page to look around in, offline, and "
          + "all maps as trace.safetensors.",
      "",
      "Two models come with attention4j: 'dates' turns dates as people write them, in 20 languages, into ISO 8601; 'induction' goes "
          + "on with letters that repeat, by a circuit that is known.",
      "",
      "An ONNX file may come from anyone: its attention is found, read and checked. A checkpoint folder of a known architecture is "
          + "run here. Both read a text with the tokenizer.json beside them, a picture, or arrays; which input of the model is "
          + "what, its name, type and axes tell, and an input that nothing is given for is named with what to do.",
      "",
      "With --inputs, all arrays come from one file: trace.safetensors then holds every output (logits, hidden_states.0 ...) and "
          + "every attention map (attentions.0, cross_attentions.1 ...) under the published names, for all samples; the report "
          + "shows the first.",
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  attention explain \"Thursday, May 2, 2052\"",
      "  attention explain --provider onnx --layer 0 --head 2 \"22 grudnia 2087\"",
      "  attention explain --model bert.onnx --text \"the cat sat\" --words",
      "  attention explain --model opus-mt-en-de/ --text \"Good morning\"",
      "  attention explain --model vit.onnx --image cat.png",
      "  attention explain --model bert.onnx --ids 101,2023,2003,102 --layers 3,4",
      "  attention explain --model bert-base-uncased/ --inputs texts.safetensors",
    })
final class ExplainCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final ProviderSource providers;

  @ParentCommand private RootCommand root;

  @Parameters(
      paramLabel = "TEXT",
      arity = "0..1",
      description = "The text; without it, the first line of standard input.")
  private Optional<String> text = Optional.empty();

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      defaultValue = "dates",
      description = "dates, induction, an ONNX file, or a checkpoint folder (${DEFAULT-VALUE}).")
  private String model = "dates";

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "attention-out",
      description = "The folder for what is written (${DEFAULT-VALUE}).")
  private Path out = Path.of("attention-out");

  @Option(
      names = "--layer",
      paramLabel = "N",
      description = "Which layer the printed map is of, from 0; the last one if not given.")
  private Optional<Integer> layer = Optional.empty();

  @Option(
      names = "--head",
      paramLabel = "N",
      description = "Which head the printed map is of, from 0; the mean of all if not given.")
  private Optional<Integer> head = Optional.empty();

  @Option(
      names = "--inputs",
      paramLabel = "FILE",
      description =
          "Instead of a text: arrays for the model, named input.NAME as the published implementation names them.")
  private Optional<Path> inputs = Optional.empty();

  @Option(
      names = "--picture",
      paramLabel = "FILE",
      description =
          "With --inputs: the picture that pixels or regions are of; the report shows patches and boxes over it.")
  private Optional<Path> picture = Optional.empty();

  @ArgGroup(exclusive = false, heading = "%nONNX files and checkpoint folders:%n")
  private ReadOptions reading = new ReadOptions();

  @Inject
  ExplainCommand(Terminal terminal, ProviderSource providers) {
    this.terminal = terminal;
    this.providers = providers;
  }

  @Override
  public Integer call() throws IOException {
    if (text.isPresent() && reading.text().isPresent()) {
      throw new IllegalArgumentException("text: expected either TEXT or --text, got both");
    }
    Optional<String> whole = text.or(reading::text);
    Path path = Path.of(model);
    boolean foreign = ForeignModel.isOne(path);
    boolean folder = !foreign && inputs.isEmpty() && PublishedExplanation.isFolder(model);
    if ((foreign || folder) && (layer.isPresent() || head.isPresent())) {
      throw new IllegalArgumentException(
          "layer, head: expected --layers and --heads for '"
              + model
              + "'; these choose the map that is printed of a model that comes with attention4j");
    }
    if (picture.isPresent() && (foreign || inputs.isEmpty())) {
      throw new IllegalArgumentException(
          "picture: expected a checkpoint folder and --inputs with it; a picture to read is --image");
    }
    if (foreign) {
      return new PublishedExplanation(reading, out, terminal)
          .onnx(path, whole, inputs, root.options().settings());
    }
    if (folder) {
      return new PublishedExplanation(reading, out, terminal)
          .folder(path, whole, root.options().execution(providers));
    }
    List<String> idle = new ArrayList<>(reading.inputsBesidesText());
    idle.addAll(reading.readings());
    if (!idle.isEmpty()) {
      throw new IllegalArgumentException(
          "model: expected an ONNX file or a checkpoint folder, and no --inputs, for "
              + String.join(" and ", idle)
              + ", got '"
              + model
              + "'");
    }
    if (!reading.layers().isEmpty() || !reading.heads().isEmpty()) {
      throw new IllegalArgumentException(
          "layers, heads: expected an ONNX file, or a checkpoint folder that reads a text or a picture, got '"
              + model
              + "'; --layer and --head choose what is printed");
    }
    if (inputs.isPresent()) {
      if (whole.isPresent()) {
        throw new IllegalArgumentException("expected either TEXT or --inputs");
      }
      if (layer.isPresent() || head.isPresent()) {
        throw new IllegalArgumentException(
            "layer, head: expected a text beside them: with --inputs no map is printed");
      }
      return new GivenTensors(model, inputs.get(), picture, reading.norms(), out)
          .explain(root.options().execution(providers), terminal);
    }
    if (reading.norms()) {
      throw new IllegalArgumentException(
          "norms: expected an ONNX file, a checkpoint folder or --inputs, got the text of '"
              + model
              + "'");
    }
    String given = whole.isPresent() ? whole.get() : firstLine();
    OutputFolder target = OutputFolder.prepare(out);
    terminal.progress("loading " + model);
    try (TextModel loaded = Models.load(model, root.options().execution(providers))) {
      terminal.progress("running " + loaded.name() + " on " + loaded.device());
      Explanation explanation = loaded.explain(given);
      AttentionTrace trace = explanation.trace();
      AttentionMap map = printed(trace.maps());
      List<Integer> heads = heads(map);
      Path traceFile = target.file("trace.safetensors");
      TraceFile.write(trace, traceFile);
      Path report = target.file("report.html");
      Report.of(trace).write(report);
      terminal.endProgress();
      terminal.out().println(explanation.prediction());
      if (!explanation.unknown().isEmpty()) {
        terminal.out().println("not in the vocabulary, read as unknown: " + quoted(explanation));
      }
      print(map, heads);
      HeadLines.of(trace).forEach(terminal.out()::println);
      terminal.out().println();
      terminal.out().println("ran on " + loaded.device());
      terminal.out().println("wrote " + report);
      terminal.out().println("wrote " + traceFile);
    }
    return ExitCode.OK;
  }

  private static String firstLine() throws IOException {
    String line =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
    if (line == null) {
      throw new IllegalArgumentException("text: expected TEXT or a line of standard input");
    }
    return line;
  }

  private static String quoted(Explanation explanation) {
    return String.join(
        ", ",
        explanation.unknown().stream()
            .map(each -> "'" + AnalyzeCommand.visible(each, 8) + "'")
            .toList());
  }

  /** A map of the cross-attention if there is any. */
  private AttentionMap printed(List<AttentionMap> maps) {
    List<AttentionMap> cross = cross(maps);
    List<AttentionMap> candidates = cross.isEmpty() ? maps : cross;
    if (candidates.isEmpty()) {
      throw new IllegalArgumentException("model: expected attention maps, " + model + " has none");
    }
    if (layer.isEmpty()) {
      return candidates.getLast();
    }
    return candidates.stream()
        .filter(map -> map.label().layer() == layer.get())
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "layer: expected one of "
                    + candidates.stream().map(map -> map.label().layer()).toList()
                    + ", got "
                    + layer.get()));
  }

  private List<Integer> heads(AttentionMap map) {
    if (head.isEmpty()) {
      return MapPicture.allHeads(map);
    }
    if (head.get() < 0 || head.get() >= map.heads()) {
      throw new IllegalArgumentException(
          "head: expected 0 to " + (map.heads() - 1) + ", got " + head.get());
    }
    return List.of(head.get());
  }

  private static List<AttentionMap> cross(List<AttentionMap> maps) {
    return maps.stream().filter(map -> map.label().kind() == MapLabel.Kind.CROSS).toList();
  }

  private void print(AttentionMap map, List<Integer> heads) {
    terminal.out().println();
    terminal
        .out()
        .println(
            map.label().kind().text()
                + " attention of layer "
                + map.label().layer()
                + (heads.size() == 1
                    ? ", head " + heads.getFirst()
                    : ", mean of " + heads.size() + " heads"));
    MapPicture.lines(map, heads, root.options().color(terminal)).forEach(terminal.out()::println);
  }
}
