package io.github.attention4j.viz.cli;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.Execution;
import io.github.attention4j.multimodal.ModelRunner;
import io.github.attention4j.multimodal.TextModel;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.image.Picture;
import io.github.attention4j.viz.explain.NetworkNorms;
import io.github.attention4j.viz.format.TraceFile;
import io.github.attention4j.viz.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import picocli.CommandLine.ExitCode;

/**
 * A model of any known architecture, run on arrays of a file.
 *
 * @param model a name that comes with the library, or a folder
 * @param inputs the file; arrays whose names do not begin with {@code input.} are left alone
 * @param picture what the arrays were made of, for the report
 * @param norms whether to also compute the lengths of the weighted, projected values
 * @param out the folder for what is written
 */
record GivenTensors(String model, Path inputs, Optional<Path> picture, boolean norms, Path out) {
  private static final String PREFIX = "input.";

  int explain(Execution execution, Terminal terminal) throws IOException {
    Inputs given = read();
    Optional<Picture> seen = Optional.empty();
    if (picture.isPresent()) {
      seen = Optional.of(Picture.read(picture.get()));
    }
    OutputFolder folder = OutputFolder.prepare(out);
    terminal.progress("loading " + model);
    try (ModelRunner runner = load(given.names(), execution)) {
      terminal.progress("running " + runner.modelType() + " on " + runner.device());
      Result result = runner.run(given);
      AttentionTrace trace = runner.trace(given, result, 0, Map.of("inputs", inputs.toString()));
      if (seen.isPresent() && !seesPictures(trace.maps())) {
        throw new IllegalArgumentException(
            "picture: expected a model that looks at patches or regions of one, got '"
                + model
                + "' ("
                + runner.modelType()
                + ")");
      }
      Path traceFile = folder.file("trace.safetensors");
      Map<String, NdArray> arrays = new LinkedHashMap<>(result.arrays());
      arrays.keySet().removeIf(NetworkNorms::isValues);
      NetworkNorms computing = new NetworkNorms(runner.network());
      Map<String, Tensor> all = norms ? computing.of(result) : Map.of();
      all.forEach((node, norm) -> arrays.put("norms." + node, norm));
      List<AttentionMap> lengths = NetworkNorms.labelled(trace.maps(), all);
      TraceFile.write(trace, lengths, arrays, traceFile);
      terminal.endProgress();
      arrays.forEach((name, array) -> terminal.out().println(name + "  " + array.describe()));
      if (norms) {
        computing
            .reasons()
            .forEach(
                (node, reason) -> terminal.out().println("no norms of '" + node + "': " + reason));
      }
      if (!runner.unusedTensors().isEmpty()) {
        terminal.err().println("tensors this network does not use: " + runner.unusedTensors());
      }
      terminal.out().println();
      terminal.out().println("ran on " + runner.device());
      if (!trace.maps().isEmpty()) {
        Path report = folder.file("report.html");
        Report page = Report.of(trace).withNorms(lengths);
        seen.map(image -> ShownPicture.in(page, image)).orElse(page).write(report);
        terminal.out().println("wrote " + report);
      }
      terminal.out().println("wrote " + traceFile);
    }
    return ExitCode.OK;
  }

  private static boolean seesPictures(List<AttentionMap> maps) {
    return maps.stream()
        .flatMap(map -> Stream.of(map.queries(), map.keys()))
        .anyMatch(
            labels -> labels.kind() == Labels.Kind.PATCH || labels.kind() == Labels.Kind.REGION);
  }

  private Inputs read() throws IOException {
    Inputs given = Inputs.none();
    for (Map.Entry<String, NdArray> entry : ArrayFiles.read(inputs).entrySet()) {
      if (entry.getKey().startsWith(PREFIX)) {
        given = given.with(entry.getKey().substring(PREFIX.length()), entry.getValue());
      }
    }
    if (given.names().isEmpty()) {
      throw new IllegalArgumentException(
          inputs + ": expected arrays named " + PREFIX + "NAME, such as input.input_ids");
    }
    return given;
  }

  private ModelRunner load(Set<String> names, Execution execution) throws IOException {
    UnaryOperator<Network> shown = norms ? NetworkNorms::showingValues : UnaryOperator.identity();
    if (TextModel.EMBEDDED.contains(model)) {
      return ModelRunner.load(
          Checkpoint.resources(TextModel.class, model), names, execution, shown);
    }
    Path folder = Path.of(model);
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException(
          "model: expected one of "
              + TextModel.EMBEDDED
              + " or a folder with a model, got '"
              + model
              + "'");
    }
    return ModelRunner.load(Checkpoint.open(folder), names, execution, shown);
  }
}
