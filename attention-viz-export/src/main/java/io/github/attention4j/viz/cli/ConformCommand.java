package io.github.attention4j.viz.cli;

import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.multimodal.checkpoint.SafetensorsWriter;
import io.github.attention4j.viz.conform.Conformance;
import io.github.attention4j.viz.conform.GoldenCases;
import io.github.attention4j.viz.conform.Verdict;
import io.github.attention4j.viz.conform.Verdict.Outcome;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "conform",
    header = "Checks providers against golden cases.",
    description = {
      "Runs every case under DIR, each a folder with case.json and data.safetensors, and prints the case, the provider, the "
          + "largest error, and what came of it: pass, FAIL, refused with the provider's reason, or not understood.",
      "",
      "A value passes when |got - want| <= t + t * |want| with the case's tolerance t for float32; integers and booleans must "
          + "be equal; NaN and infinity fail. What a provider cannot capture is named and not compared. A case whose files cannot be "
          + "read is not understood, and the others are run.",
      "",
      "With --onnx, DIR has the operator tests that ONNX publishes: TEST/model.onnx and TEST/test_data_set_0/{input,output}_N.pb. "
          + "An attention operator runs on the provider (cpu if none is given), a graph of primitive operators on ONNX Runtime.",
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Exit code 1 if any case or test failed or was not understood. Refusals are no failures.",
      "",
      "Examples:",
      "  attention conform cases --provider cpu --output results",
      "  attention conform --onnx onnx/backend/test/data/node --output results",
    })
final class ConformCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final ProviderSource providers;

  @ParentCommand private RootCommand root;

  @ArgGroup(multiplicity = "1")
  private What what = new What();

  /** What is checked. */
  static final class What {
    @Parameters(paramLabel = "DIR", description = "A folder of cases, or one case.")
    private Optional<Path> cases = Optional.empty();

    @Option(
        names = "--onnx",
        paramLabel = "DIR",
        description = "A folder of ONNX's operator tests, or one test.")
    private Optional<Path> onnx = Optional.empty();
  }

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description =
          "Write what was computed as DIR/CASE.safetensors or DIR/TEST.safetensors, also where it is wrong (DIR/PROVIDER/CASE.safetensors when "
              + "several providers run).")
  private Optional<Path> output = Optional.empty();

  @Inject
  ConformCommand(Terminal terminal, ProviderSource providers) {
    this.terminal = terminal;
    this.providers = providers;
  }

  @Override
  public Integer call() throws IOException {
    AttentionProviders found = providers.load(root.options().settings());
    if (what.onnx.isPresent()) {
      return runOnnx(what.onnx.get(), found.named(root.options().provider().orElse("cpu")));
    }
    List<AttentionProvider> chosen =
        root.options().provider().map(id -> List.of(found.named(id))).orElse(found.all());
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException("provider: none was found");
    }
    Path cases =
        what.cases.orElseThrow(
            () -> new IllegalArgumentException("expected DIR or --onnx DIR, got neither"));
    List<Path> folders = GoldenCases.find(cases);
    if (output.isPresent()) {
      Files.createDirectories(output.get());
    }
    boolean failed = false;
    for (AttentionProvider provider : chosen) {
      failed |= run(folders, provider, chosen.size() > 1);
    }
    return failed ? ExitCode.SOFTWARE : ExitCode.OK;
  }

  private int runOnnx(Path folder, AttentionProvider provider) throws IOException {
    OperatorTestRun tests = OperatorTestRun.of("onnx", provider);
    if (output.isPresent()) {
      Files.createDirectories(output.get());
    }
    return tests.run(folder, output, terminal) ? ExitCode.OK : ExitCode.SOFTWARE;
  }

  private boolean run(List<Path> folders, AttentionProvider provider, boolean several)
      throws IOException {
    Optional<Path> target = several ? output.map(folder -> folder.resolve(provider.id())) : output;
    if (target.isPresent()) {
      Files.createDirectories(target.get());
    }
    Map<Outcome, Integer> totals = new EnumMap<>(Outcome.class);
    for (Path folder : folders) {
      terminal.progress(provider.id() + " " + folder.getFileName());
      Verdict verdict = Conformance.judge(folder, provider);
      totals.merge(verdict.outcome(), 1, Integer::sum);
      terminal.endProgress();
      terminal.out().println(Conformance.line(verdict));
      if (target.isPresent() && !verdict.computed().isEmpty()) {
        SafetensorsWriter.write(
            target.get().resolve(verdict.goldenCase() + ".safetensors"),
            new TreeMap<>(verdict.computed()),
            new TreeMap<>(Map.of("case", verdict.goldenCase(), "provider", provider.id())));
      }
    }
    terminal.out().println(totals(provider, folders.size(), totals));
    return totals.keySet().stream().anyMatch(Conformance::isFailure);
  }

  private static String totals(
      AttentionProvider provider, int cases, Map<Outcome, Integer> totals) {
    Map<String, Integer> all = new LinkedHashMap<>();
    for (Outcome outcome : Outcome.values()) {
      all.put(outcome.text(), totals.getOrDefault(outcome, 0));
    }
    List<String> parts = new ArrayList<>();
    all.forEach((text, count) -> parts.add(count + " " + text));
    return provider.id()
        + " ("
        + provider.describe().stream().limit(1).collect(Collectors.joining())
        + "): "
        + cases
        + " cases, "
        + String.join(", ", parts);
  }
}
