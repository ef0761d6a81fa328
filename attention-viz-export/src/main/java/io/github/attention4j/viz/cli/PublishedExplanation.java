package io.github.attention4j.viz.cli;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.spi.MapRequest;
import io.github.attention4j.api.spi.ModelRun;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.Execution;
import io.github.attention4j.multimodal.TextModel;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.viz.explain.CheckpointFolder;
import io.github.attention4j.viz.explain.ExplainableModel;
import io.github.attention4j.viz.explain.ForeignModel;
import io.github.attention4j.viz.explain.OnnxFile;
import io.github.attention4j.viz.format.TraceFile;
import io.github.attention4j.viz.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.ExitCode;

/**
 * What {@code explain} does with a model that someone published: an ONNX file or a checkpoint
 * folder.
 *
 * @param reading what the model reads
 * @param out the folder for what is written
 * @param terminal where to print
 */
record PublishedExplanation(ReadOptions reading, Path out, Terminal terminal) {
  /** Whether a folder's configuration names an architecture. */
  static boolean isFolder(String model) throws IOException {
    Path folder = Path.of(model);
    return !TextModel.EMBEDDED.contains(model)
        && Files.isRegularFile(folder.resolve(Checkpoint.CONFIG))
        && Checkpoint.open(folder).config().has("model_type");
  }

  int onnx(Path model, Optional<String> text, Optional<Path> file, Settings settings)
      throws IOException {
    if (file.isPresent() && text.isEmpty() && reading.inputsBesidesText().isEmpty()) {
      if (!reading.readings().isEmpty()) {
        throw new IllegalArgumentException(
            "inputs: expected a text or --ids beside it for "
                + String.join(" and ", reading.readings()));
      }
      return arrays(model, ArrayFiles.read(file.get()), settings);
    }
    terminal.progress("loading " + model);
    try (OnnxFile opened =
        OnnxFile.open(model, settings, reading.layers(), reading.heads(), reading.norms())) {
      Map<String, NdArray> more =
          file.isEmpty() ? Map.of() : OnnxFile.known(opened, ArrayFiles.read(file.get()));
      return run(opened, folder(model), text, more);
    }
  }

  int folder(Path model, Optional<String> text, Execution execution) throws IOException {
    terminal.progress("loading " + model);
    try (CheckpointFolder opened =
        new CheckpointFolder(
            Checkpoint.open(model),
            execution,
            reading.layers(),
            reading.heads(),
            reading.norms())) {
      return run(opened, model, text, Map.of());
    }
  }

  /** Where a tokenizer and configurations are looked for. */
  static Path folder(Path model) {
    if (Files.isDirectory(model)) {
      return model;
    }
    Path parent = model.toAbsolutePath().getParent();
    return parent == null ? model : parent;
  }

  private int run(
      ExplainableModel model, Path folder, Optional<String> text, Map<String, NdArray> more)
      throws IOException {
    OutputFolder target = OutputFolder.prepare(out);
    terminal.progress("running");
    ReadOptions.Shown shown = reading.explain(model, folder, text, more);
    AttentionTrace trace = shown.explained().trace();
    terminal.endProgress();
    String prediction = trace.facts().get("prediction");
    if (prediction != null) {
      terminal.out().println(AnalyzeCommand.visible(prediction, 400));
      terminal.out().println();
    }
    if (model instanceof CheckpointFolder) {
      trace.maps().forEach(map -> terminal.out().println(line(map)));
    }
    shown.explained().notes().forEach(terminal.out()::println);
    HeadLines.ofTokens(trace).forEach(terminal.out()::println);
    Path traceFile = target.file("trace.safetensors");
    TraceFile.write(trace, shown.explained().norms(), shown.explained().arrays(), traceFile);
    Report report = Report.of(trace).withNorms(shown.explained().norms());
    if (shown.picture().isPresent()) {
      report = report.with(shown.picture().get());
    }
    report.write(target.file("report.html"));
    terminal.out().println();
    if (model instanceof CheckpointFolder && trace.facts().containsKey("device")) {
      terminal.out().println("ran on " + trace.facts().get("device"));
    }
    terminal.out().println("wrote " + target.file("report.html"));
    terminal.out().println("wrote " + traceFile);
    return ExitCode.OK;
  }

  private static String line(AttentionMap map) {
    return map.label().kind().text()
        + " "
        + map.label().layer()
        + "  "
        + map.weights().shape()
        + "  '"
        + map.name()
        + "'";
  }

  /** All arrays from one file: every sample is kept, the report shows the first. */
  private int arrays(Path model, Map<String, NdArray> arrays, Settings settings)
      throws IOException {
    OutputFolder target = OutputFolder.prepare(out);
    terminal.progress("loading " + model);
    try (ForeignModel foreign = ForeignModel.open(model, settings)) {
      Inputs given = foreign.inputs(arrays);
      terminal.progress("running " + model);
      ModelRun run =
          foreign.run(
              given,
              new MapRequest(
                  foreign.sites(reading.layers()),
                  Set.copyOf(reading.heads()),
                  reading.norms(),
                  MapRequest.USUAL_MAXIMUM_BYTES));
      terminal.endProgress();
      run.maps().forEach(map -> terminal.out().println(OnnxFile.line(map)));
      foreign.model().refusals().forEach(one -> terminal.out().println(OnnxFile.line(one)));
      run.refusals().forEach(one -> terminal.out().println(OnnxFile.line(one)));
      if (run.maps().isEmpty()) {
        throw new IllegalArgumentException(
            model + ": expected attention, found none that can be shown");
      }
      AttentionTrace first = foreign.trace(run, given, 0);
      Path trace = target.file("trace.safetensors");
      List<AttentionMap> norms = foreign.norms(run, given, 0);
      TraceFile.write(first, norms, ForeignModel.arrays(run), trace);
      Report.of(first).withNorms(norms).write(target.file("report.html"));
      terminal.out().println();
      terminal.out().println("wrote " + target.file("report.html"));
      terminal.out().println("wrote " + trace);
    }
    return ExitCode.OK;
  }
}
