package io.github.attention4j.viz.format;

import io.github.attention4j.api.trace.AttentionTrace;
import java.io.IOException;
import java.nio.file.Path;

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
    if (options.head().isPresent()) {
      throw new IllegalArgumentException("head: the native form holds whole maps");
    }
    TraceFile.write(new AttentionTrace(options.maps(trace), trace.facts()), file);
  }
}
