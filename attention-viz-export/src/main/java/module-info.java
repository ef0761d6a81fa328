/// Traces out to other tools, head analysis, the report, the compatibility kit for providers, and
/// the command line.
module io.github.attention4j.viz {
  requires transitive io.github.attention4j.api;
  requires static org.jspecify;
  requires io.github.attention4j.multimodal;
  requires info.picocli;
  requires com.google.guice;
  requires jakarta.inject;
  requires com.fasterxml.jackson.databind;
  // Bytes allocated by all threads, for the benchmark.
  requires jdk.management;

  exports io.github.attention4j.viz.analysis;
  exports io.github.attention4j.viz.conform;
  exports io.github.attention4j.viz.report;

  opens io.github.attention4j.viz.cli to
      com.google.guice,
      info.picocli;
  opens io.github.attention4j.viz.wiring to
      com.google.guice;

  uses io.github.attention4j.api.spi.AttentionProvider;
  uses io.github.attention4j.api.spi.MachinePeaks;
  uses io.github.attention4j.api.spi.ModelExporter;
  uses io.github.attention4j.api.spi.ModelInspector;
  uses io.github.attention4j.api.spi.OperatorConformance;
}
