package io.github.attention4j.viz.cli;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.spi.AttentionProvider;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "run",
    header = "Runs one attention mechanism on arrays from a file.",
    description = {
      "SPEC is JSON: a mechanism, or {\"mechanism\": ..., \"captures\": [...]}. Field names are the components of the records in "
          + "io.github.attention4j.api; where there are alternatives, \"type\" names the record. A record without fields is its "
          + "name alone: \"Causal\". Left out: lists (empty), scope (Full), normalizer (Softmax), placement (Start at 0).",
      "",
      "Arrays stand as nested lists, or as {\"tensor\": NAME} for one of the inputs file. Lengths, masks and biases are named "
          + "inputs: {\"type\": \"Lengths\", \"input\": \"lengths\"}. The inputs of most mechanisms are query, key and value, "
          + "[batch, heads, length, size]. float64 and float16 are read as float32.",
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example: causal attention in a window of 128 with its weights",
      "",
      "  {\"mechanism\": {\"type\": \"Pairwise\", \"score\": \"ScaledDot\",",
      "    \"scope\": {\"type\": \"And\", \"scopes\": [\"Causal\",",
      "      {\"type\": \"Window\", \"back\": 127, \"ahead\": 0, \"dilation\": 1}]}},",
      "   \"captures\": [\"Weights\"]}",
      "",
      "  attention run spec.json --inputs qkv.npz --output result.npz",
    })
final class RunCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final ProviderSource providers;

  @ParentCommand private RootCommand root;

  @Parameters(paramLabel = "SPEC", description = "What to compute, as JSON.")
  private Path spec;

  @Option(
      names = "--inputs",
      required = true,
      paramLabel = "FILE",
      description = "The arrays, .safetensors or .npz.")
  private Path inputs;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "Where output and captures go, .safetensors or .npz.")
  private Path output;

  @Inject
  RunCommand(Terminal terminal, ProviderSource providers) {
    this.terminal = terminal;
    this.providers = providers;
  }

  @Override
  public Integer call() throws IOException {
    ArrayFiles.checked(output);
    Map<String, NdArray> arrays = ArrayFiles.read(inputs);
    Request request = SpecFile.read(spec, arrays);
    AttentionProvider provider = root.options().choose(providers, request, terminal);
    try (Attention attention = provider.prepare(request)) {
      terminal.progress("running on " + attention.device());
      long start = System.nanoTime();
      Result result = attention.run(Inputs.of(arrays));
      double milliseconds = (System.nanoTime() - start) / 1e6;
      terminal.endProgress();
      ArrayFiles.write(output, result.arrays(), Map.of("provider", attention.device()));
      result
          .arrays()
          .forEach((name, array) -> terminal.out().println(name + "  " + array.describe()));
      terminal
          .out()
          .printf(
              Locale.ROOT,
              "%.1f ms on %s (first run), wrote %s%n",
              milliseconds,
              attention.device(),
              output);
    }
    return ExitCode.OK;
  }
}
