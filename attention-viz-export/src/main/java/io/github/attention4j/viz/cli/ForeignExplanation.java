package io.github.attention4j.viz.cli;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.spi.InspectedModel.Refusal;
import io.github.attention4j.api.spi.MapRequest;
import io.github.attention4j.api.spi.ModelRun;
import io.github.attention4j.api.spi.SiteMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.viz.explain.ForeignModel;
import io.github.attention4j.viz.format.TraceFile;
import io.github.attention4j.viz.report.Report;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/** What {@code explain} does with a model file of another maker. */
final class ForeignExplanation {
  @Option(
      names = "--ids",
      paramLabel = "N",
      split = ",",
      description = "For a text model that ends in .onnx: token ids, as in 101,2023,102.")
  private List<Long> ids = List.of();

  @Option(
      names = "--layers",
      paramLabel = "N",
      split = ",",
      description = "For a model that ends in .onnx: only these layers, from 0.")
  private List<Integer> layers = List.of();

  @Option(
      names = "--heads",
      paramLabel = "N",
      split = ",",
      description = "For a model that ends in .onnx: only these heads, from 0.")
  private List<Integer> heads = List.of();

  @Option(
      names = "--norms",
      description =
          "For a model that ends in .onnx: also write the lengths of the weighted, projected values.")
  private boolean norms;

  /// Runs the model on arrays of a file, or on token ids.
  int run(Path model, Optional<Path> file, Settings settings, Path out, Terminal terminal)
      throws IOException {
    OutputFolder folder = OutputFolder.prepare(out);
    terminal.progress("loading " + model);
    try (ForeignModel foreign = ForeignModel.open(model, settings)) {
      Inputs given = inputs(foreign, file);
      terminal.progress("running " + model);
      ModelRun run =
          foreign.run(
              given,
              new MapRequest(
                  foreign.sites(layers), Set.copyOf(heads), norms, MapRequest.USUAL_MAXIMUM_BYTES));
      terminal.endProgress();
      for (SiteMap map : run.maps()) {
        terminal
            .out()
            .println(
                map.site().label().kind().text()
                    + " "
                    + map.site().label().layer()
                    + "  "
                    + map.weights().shape()
                    + "  "
                    + map.site().operator()
                    + " '"
                    + map.site().name()
                    + "'  "
                    + map.proof());
      }
      refusals(foreign.model().refusals(), terminal);
      refusals(run.refusals(), terminal);
      if (run.maps().isEmpty()) {
        throw new IllegalArgumentException(
            model + ": expected attention, found none that can be shown");
      }
      write(foreign, run, given, folder, terminal);
    }
    return ExitCode.OK;
  }

  private Inputs inputs(ForeignModel foreign, Optional<Path> file) throws IOException {
    if (file.isPresent()) {
      return foreign.inputs(ArrayFiles.read(file.get()));
    }
    if (!ids.isEmpty()) {
      return foreign.ids(ids);
    }
    throw new IllegalArgumentException(
        "inputs: expected --inputs FILE or --ids N,N,… for "
            + foreign.model().inputs().stream()
                .map(port -> port.name() + " (" + port.type() + " " + port.axes() + ")")
                .collect(Collectors.joining(", ")));
  }

  private static void refusals(List<Refusal> refusals, Terminal terminal) {
    for (Refusal refusal : refusals) {
      terminal
          .out()
          .println(
              "not shown: "
                  + refusal.operator()
                  + " '"
                  + refusal.node()
                  + "': "
                  + refusal.reason());
    }
  }

  private static void write(
      ForeignModel foreign, ModelRun run, Inputs given, OutputFolder folder, Terminal terminal)
      throws IOException {
    AttentionTrace first = foreign.trace(run, given, 0);
    Path trace = folder.file("trace.safetensors");
    TraceFile.write(first, ForeignModel.arrays(run), trace);
    Path report = folder.file("report.html");
    Report.of(first).write(report);
    terminal.out().println();
    terminal.out().println("wrote " + report);
    terminal.out().println("wrote " + trace);
  }
}
