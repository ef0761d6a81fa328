package io.github.attention4j.viz.format;

import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// The form traces are kept in: see [TraceFile].
final class Native implements TraceFormat {
  @Override
  public String id() {
    return "safetensors";
  }

  @Override
  public String suffix() {
    return "safetensors";
  }

  @Override
  public String description() {
    return "the native form: map.i[head][query][key], everything else in the metadata";
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
      throw new IllegalArgumentException("head: the native form holds whole maps");
    }
    TraceFile.write(
        new AttentionTrace(options.maps(trace), trace.facts()), options.of(norms), Map.of(), file);
  }
}
