package io.github.attention4j.viz.format;

import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.viz.report.Report;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// The interactive page: see [Report].
final class ReportFormat implements TraceFormat {
  @Override
  public String id() {
    return "report";
  }

  @Override
  public String suffix() {
    return "html";
  }

  @Override
  public String description() {
    return "the interactive page with head roles, one HTML file that needs no network";
  }

  @Override
  public void write(AttentionTrace trace, FormatOptions options, Path file) throws IOException {
    write(trace, List.of(), options, file);
  }

  @Override
  public void write(
      AttentionTrace trace, List<AttentionMap> norms, FormatOptions options, Path file)
      throws IOException {
    if (options.head().isPresent()) {
      throw new IllegalArgumentException("head: the report holds whole maps");
    }
    Report.of(new AttentionTrace(options.maps(trace), trace.facts()))
        .withNorms(options.of(norms))
        .write(file);
  }
}
