package io.github.attention4j.viz.cli;

import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.viz.format.FormatOptions;
import io.github.attention4j.viz.format.TraceFile;
import io.github.attention4j.viz.format.TraceFormat;
import io.github.attention4j.viz.format.TraceFormats;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "convert",
    header = "Writes a trace in a form that other tools read.",
    description = {
      "TRACE is a trace.safetensors as 'attention explain' writes it. The formats, with the order of their axes:",
      "",
      "report: the interactive page with head roles",
      "bertviz-head, bertviz-model: parameters of BertViz, attention[].attn[layer][head][query][key]",
      "bertviz-page: a finished page in BertViz' style with these parameters inside",
      "tensor2tensor: all, inp_inp, inp_out, out_out, att[layer][head][query = bottom][key = top]",
      "circuitsvis: properties of AttentionHeads, attention[head][destination = query][source = key]",
      "inseq: source_attributions and target_attributions[key][query][layer][head]",
      "vega-lite, svg, png: heat maps, down = query, across = key",
      "safetensors, npz: map.i[head][query][key]",
      "csv: one line per cell",
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  attention convert attention-out/trace.safetensors --to report",
      "  attention convert trace.safetensors --to csv --top-k 3 --output top.csv",
    })
final class ConvertCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "TRACE", description = "The trace.")
  private Path trace;

  @Option(
      names = "--to",
      paramLabel = "FORMAT",
      required = true,
      completionCandidates = FormatNames.class,
      description = "One of ${COMPLETION-CANDIDATES}.")
  private String format;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Where to; the name of the trace with the format's ending if not given.")
  private Optional<Path> output = Optional.empty();

  @Option(names = "--kind", paramLabel = "KIND", description = "Only maps of this kind.")
  private Optional<String> kind = Optional.empty();

  @Option(names = "--layer", paramLabel = "N", description = "Only this layer, from 0.")
  private Optional<Integer> layer = Optional.empty();

  @Option(
      names = "--head",
      paramLabel = "N",
      description = "Only this head, from 0; svg and png take the mean of all if not given.")
  private Optional<Integer> head = Optional.empty();

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "csv, vega-lite: only the K strongest keys of each query.")
  private Optional<Integer> topK = Optional.empty();

  @Option(
      names = "--threshold",
      paramLabel = "W",
      description = "csv, vega-lite, svg: only weights from W on.")
  private double threshold;

  @Option(
      names = "--pair-start",
      paramLabel = "N",
      description =
          "bertviz: the position of the first token of the second sentence, if the trace does not say.")
  private Optional<Integer> pairStart = Optional.empty();

  @Inject
  ConvertCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    TraceFormat target = TraceFormats.named(format);
    AttentionTrace read = TraceFile.read(trace);
    FormatOptions options =
        new FormatOptions(
            kind.map(ConvertCommand::kind),
            layer,
            head,
            topK.map(ConvertCommand::atLeastOne).orElse(0),
            threshold,
            pairStart.or(() -> pairStart(read)));
    Path file = output.orElseGet(() -> beside(target));
    if (file.toAbsolutePath().normalize().equals(trace.toAbsolutePath().normalize())) {
      throw new IllegalArgumentException(
          "output: expected another file than the trace, got "
              + file
              + (output.isEmpty() ? ": name one with --output" : ""));
    }
    OutputFile.checked(file);
    target.write(read, TraceFile.norms(trace, read), options, file);
    terminal.out().println("wrote " + file);
    return ExitCode.OK;
  }

  private static int atLeastOne(int keys) {
    if (keys < 1) {
      throw new IllegalArgumentException("top-k: expected >= 1, got " + keys);
    }
    return keys;
  }

  /** Where the second text begins, as 'explain --pair' notes it. */
  private static Optional<Integer> pairStart(AttentionTrace trace) {
    String noted = trace.facts().getOrDefault("pair_start", "");
    return noted.matches("\\d{1,9}") ? Optional.of(Integer.parseInt(noted)) : Optional.empty();
  }

  /**
   * {@code trace.safetensors} becomes {@code trace.svg}; formats that share an ending are told
   * apart by name.
   */
  private Path beside(TraceFormat target) {
    String name = String.valueOf(trace.getFileName());
    String stem = name.replaceFirst("\\.safetensors$", "");
    String middle = target.id().equals(target.suffix()) ? "" : "." + target.id();
    return trace.resolveSibling(stem + middle + "." + target.suffix());
  }

  private static MapLabel.Kind kind(String text) {
    return Arrays.stream(MapLabel.Kind.values())
        .filter(each -> each.text().equals(text))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "kind: expected one of "
                    + Arrays.stream(MapLabel.Kind.values()).map(MapLabel.Kind::text).toList()
                    + ", got '"
                    + text
                    + "'"));
  }

  /** The names of the formats, for help and completion. */
  static final class FormatNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return TraceFormats.all().stream().map(TraceFormat::id).iterator();
    }
  }
}
