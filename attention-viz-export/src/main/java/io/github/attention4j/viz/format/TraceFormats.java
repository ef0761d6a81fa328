package io.github.attention4j.viz.format;

import java.util.List;

/// Every format a trace can be converted to.
public final class TraceFormats {
  private static final List<TraceFormat> ALL =
      List.of(
          new ReportFormat(),
          new BertViz(false),
          new BertViz(true),
          new BertVizPage(),
          new TensorToTensor(),
          new CircuitsVis(),
          new Inseq(),
          new VegaLite(),
          new Native(),
          new NumPy(),
          new Csv(),
          new SvgFormat(),
          new PngFormat());

  private TraceFormats() {}

  /// All formats.
  public static List<TraceFormat> all() {
    return ALL;
  }

  /// The format of this name.
  ///
  /// @throws IllegalArgumentException if there is none
  public static TraceFormat named(String id) {
    return ALL.stream()
        .filter(format -> format.id().equals(id))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "to: expected one of "
                    + ALL.stream().map(TraceFormat::id).toList()
                    + ", got '"
                    + id
                    + "'"));
  }
}
