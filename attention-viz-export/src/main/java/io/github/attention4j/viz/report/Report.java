package io.github.attention4j.viz.report;

import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.checkpoint.AtomicFile;
import io.github.attention4j.viz.analysis.HeadAnalysis;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A trace as a page to look at: one HTML file that needs neither network nor server.
///
/// The page's Content-Security-Policy forbids everything but its own script and style, named by
/// hash, and the images inside it. Weights are quantised (the largest error is shown) and
/// compressed; the page decodes a head when it is looked at. Immutable; the trace must not change
/// while the report is written.
public final class Report {
  /// The default of [#limitedTo].
  public static final long DEFAULT_BYTES = 36_000_000;

  final AttentionTrace trace;
  final HeadAnalysis analysis;
  final Optional<Picture> picture;
  final Optional<Spectrogram> spectrogram;
  final long bytes;
  final List<AttentionMap> norms;

  private Report(
      AttentionTrace trace,
      HeadAnalysis analysis,
      Optional<Picture> picture,
      Optional<Spectrogram> spectrogram,
      long bytes,
      List<AttentionMap> norms) {
    this.trace = trace;
    this.analysis = analysis;
    this.picture = picture;
    this.spectrogram = spectrogram;
    this.bytes = bytes;
    this.norms = List.copyOf(norms);
  }

  /// A report with the roles found in this trace.
  ///
  /// @throws IllegalArgumentException if the trace has no maps, or a map has no heads, queries or
  ///   keys
  public static Report of(AttentionTrace trace) {
    if (trace.maps().isEmpty()) {
      throw new IllegalArgumentException("trace: expected at least one map, got none");
    }
    for (AttentionMap map : trace.maps()) {
      if (map.weights().shape().elements() == 0) {
        throw new IllegalArgumentException(
            "trace: expected heads, queries and keys in "
                + map.name()
                + ", got "
                + map.weights().describe());
      }
    }
    return new Report(
        trace,
        HeadAnalysis.of(trace),
        Optional.empty(),
        Optional.empty(),
        DEFAULT_BYTES,
        List.of());
  }

  /// With the image that patches and regions are places in.
  public Report with(Picture image) {
    return new Report(trace, analysis, Optional.of(image), spectrogram, bytes, norms);
  }

  /// With the sound that frames are stretches of.
  public Report with(Spectrogram sound) {
    return new Report(trace, analysis, picture, Optional.of(sound), bytes, norms);
  }

  /// With maps of ‖α f(x)‖, the lengths of what keys add to queries, shown beside the weights.
  ///
  /// @param lengths labelled as the maps of the trace they belong to
  public Report withNorms(List<AttentionMap> lengths) {
    return new Report(trace, analysis, picture, spectrogram, bytes, lengths);
  }

  /// With weights that take about so many bytes in the file at most; large traces are quantised
  /// more coarsely.
  public Report limitedTo(long fileBytes) {
    if (fileBytes < 1) {
      throw new IllegalArgumentException("fileBytes: expected > 0, got " + fileBytes);
    }
    return new Report(trace, analysis, picture, spectrogram, fileBytes, norms);
  }

  /// Writes the page, replacing `file` only once it is whole.
  public void write(Path file) throws IOException {
    List<ReportMap> maps = ReportMap.of(this);
    AtomicFile.write(file, channel -> new ReportPage(this, maps).write(channel));
  }
}
