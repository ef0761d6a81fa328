package io.github.attention4j.viz.cli;

import io.github.attention4j.viz.bench.Benchmark;
import io.github.attention4j.viz.bench.BenchmarkFigures;
import io.github.attention4j.viz.bench.BenchmarkJson;
import io.github.attention4j.viz.bench.BenchmarkTable;
import io.github.attention4j.viz.bench.ChartPage;
import io.github.attention4j.viz.bench.ComparisonFigures;
import io.github.attention4j.viz.bench.ComparisonJson;
import io.github.attention4j.viz.bench.ComparisonTable;
import io.github.attention4j.viz.bench.Group;
import io.github.attention4j.viz.bench.MechanismComparison;
import io.github.attention4j.viz.bench.Pace;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "bench",
    header = "Measures provider cpu against ONNX Runtime, and mechanisms against each other.",
    description = {
      "Runs provider cpu and ONNX Runtime (provider onnx: ai.onnx Attention and com.microsoft operators) in interleaved rounds "
          + "in this process, on the same number of threads, and prints medians, their spread, and the ratio to the faster of "
          + "the two, the peer, which the table names.",
      "",
      "With --compare runs all mechanisms on the same sequences of doubling length by one provider (cpu unless --provider names "
          + "another), and prints time, memory, how time grows, and the error against exact softmax attention.",
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Measure on a machine that does nothing else. What a provider refuses stands in the table with its reason.",
      "",
      "Examples:",
      "  attention bench --only prefill,decode --output bench.json",
      "  attention bench --compare --chart comparison.html",
    })
final class BenchCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final ProviderSource providers;

  @ParentCommand private RootCommand root;

  @Option(names = "--full", description = "The whole grid and more rounds; takes much longer.")
  private boolean full;

  @Option(
      names = "--only",
      paramLabel = "GROUP",
      split = ",",
      description = "Only these parts: memory, prefill, decode, small, sparse, linear.")
  private List<String> only = List.of();

  @Option(
      names = "--longest",
      paramLabel = "N",
      description =
          "The greatest length; longer cells are left out. 131072; with --compare 16384 unless --full.")
  private Optional<Long> longest = Optional.empty();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "How many interleaved rounds; 5, or 11 with --full.")
  private Optional<Integer> rounds = Optional.empty();

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      description =
          "How long each runs untimed at least before its first round; 0.3, or 1 with --full. It goes on while that still helps.")
  private Optional<Double> warmUp = Optional.empty();

  @Option(names = "--compare", description = "Compare mechanisms with each other.")
  private boolean compare;

  @Option(
      names = "--chart",
      paramLabel = "FILE",
      description = "With --compare: write the charts as one HTML page.")
  private Optional<Path> chart = Optional.empty();

  @Option(names = "--output", paramLabel = "FILE", description = "Write the figures as JSON.")
  private Optional<Path> output = Optional.empty();

  @Inject
  BenchCommand(Terminal terminal, ProviderSource providers) {
    this.terminal = terminal;
    this.providers = providers;
  }

  @Override
  public Integer call() throws IOException {
    if (chart.isPresent() && !compare) {
      throw new IllegalArgumentException("--chart: expected together with --compare");
    }
    if (compare && !only.isEmpty()) {
      throw new IllegalArgumentException("--only: not expected together with --compare");
    }
    for (Path file : Stream.concat(output.stream(), chart.stream()).toList()) {
      OutputFile.checked(file);
    }
    Pace usual = full ? Pace.thorough() : Pace.quick();
    Pace counted = rounds.map(usual::rounds).orElse(usual);
    Pace pace = warmUp.map(counted::warmUp).orElse(counted);
    if (compare) {
      compare(pace);
    } else {
      measure(pace);
    }
    return ExitCode.OK;
  }

  private void compare(Pace pace) throws IOException {
    MechanismComparison comparison =
        new MechanismComparison(
            root.options().settings(),
            root.options().provider().orElse("cpu"),
            longest.orElse(full ? 131_072L : 16_384L),
            full ? 20 : 2,
            pace);
    ComparisonFigures figures = comparison.run(providers::load, terminal::progress);
    terminal.endProgress();
    ComparisonTable.lines(figures).forEach(terminal.out()::println);
    if (output.isPresent()) {
      ComparisonJson.write(figures, output.get());
    }
    if (chart.isPresent()) {
      ChartPage.write(figures, chart.get());
    }
  }

  private void measure(Pace pace) throws IOException {
    Benchmark benchmark =
        new Benchmark(root.options().settings(), groups(), full, longest.orElse(131_072L), pace);
    BenchmarkTable table =
        new BenchmarkTable(line -> {
          terminal.endProgress();
          terminal.out().println(line);
          terminal.out().flush();
        });
    BenchmarkFigures figures = benchmark.run(providers::load, terminal::progress, table);
    terminal.endProgress();
    table.end(figures);
    if (output.isPresent()) {
      BenchmarkJson.write(figures, output.get());
    }
  }

  private Set<Group> groups() {
    Set<Group> chosen = EnumSet.noneOf(Group.class);
    for (String id : only) {
      chosen.add(
          Arrays.stream(Group.values())
              .filter(group -> group.id().equals(id))
              .findFirst()
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "--only: expected some of "
                          + Arrays.stream(Group.values()).map(Group::id).toList()
                          + ", got '"
                          + id
                          + "'")));
    }
    return chosen.isEmpty() ? EnumSet.allOf(Group.class) : chosen;
  }
}
