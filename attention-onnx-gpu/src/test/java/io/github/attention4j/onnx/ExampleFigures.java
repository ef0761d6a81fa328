package io.github.attention4j.onnx;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.onnx.Examples.Example;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// Prints the table of `docs/onnx.md`: for each mechanism the largest error against the reference
/// on the CPU in each form, the largest file and the longest preparation of the [Examples].
public final class ExampleFigures {
  private static final String[][] FORMS = {{"21", "portable"}, {"24", "portable"}, {"24", "fused"}};
  private static final int PREPARATIONS = 5;

  private final double[] errors = new double[FORMS.length];
  private final long[] bytes = new long[2];
  private double prepare;
  private final TreeSet<String> operators = new TreeSet<>();

  private ExampleFigures() {}

  /// Prints the table.
  public static void main(String[] arguments) throws IOException {
    Path file = Files.createTempFile("figures", ".onnx");
    AttentionProvider reference = AttentionProviders.load().named("reference");
    Map<String, ExampleFigures> rows = new TreeMap<>();
    for (Example example : Examples.all()) {
      rows.computeIfAbsent(name(example.request()), _ -> new ExampleFigures())
          .add(example, reference, file);
    }
    Files.delete(file);
    System.out.println(
        "| mechanism | spelled out (21) | opset 24 | fused | KiB (21) | KiB (24) | prepare, ms |"
            + " operators |\n|---|---|---|---|---|---|---|---|");
    rows.forEach((name, row) -> System.out.println(row.line(name)));
  }

  private static String name(Request request) {
    String mechanism = request.mechanism().getClass().getSimpleName();
    return request.mechanism() instanceof Pairwise pairwise
        ? mechanism + " " + pairwise.normalizer().getClass().getSimpleName()
        : mechanism;
  }

  private void add(Example example, AttentionProvider reference, Path file) throws IOException {
    for (int form = 0; form < FORMS.length; form++) {
      AttentionProvider provider =
          new OnnxProvider()
              .configure(
                  Settings.defaults()
                      .device("cpu")
                      .option("onnx.opset", FORMS[form][0])
                      .option("onnx.dialect", FORMS[form][1]));
      double[] times = new double[PREPARATIONS];
      for (int i = 0; i < PREPARATIONS; i++) {
        long start = System.nanoTime();
        provider.prepare(example.request()).close();
        times[i] = (System.nanoTime() - start) / 1e6;
      }
      Arrays.sort(times);
      prepare = Math.max(prepare, times[PREPARATIONS / 2]);
      try (Attention mine = provider.prepare(example.request());
          Attention theirs = reference.prepare(example.request())) {
        for (Inputs inputs : example.inputs()) {
          errors[form] = Math.max(errors[form], error(theirs.run(inputs), mine.run(inputs)));
          operators.add(mine.kernel());
        }
      }
    }
    for (int i = 0; i < bytes.length; i++) {
      new OnnxExporter().export(example.request(), Map.of("opset", FORMS[i][0]), file);
      bytes[i] = Math.max(bytes[i], Files.size(file));
    }
  }

  /// Relative to 1 or the number, whichever is larger.
  private static double error(Result expected, Result actual) {
    double worst = 0;
    for (Map.Entry<String, NdArray> each : expected.arrays().entrySet()) {
      if (each.getValue() instanceof Tensor want) {
        Tensor got = actual.tensor(each.getKey());
        for (long i = 0; i < want.shape().elements(); i++) {
          if (Float.compare(want.at(i), got.at(i)) != 0) {
            double scale = Math.max(1, Math.abs((double) want.at(i)));
            // NaN where a number is wanted counts as infinitely wrong.
            double error = Math.abs((double) want.at(i) - got.at(i)) / scale;
            worst = Math.max(worst, Double.isNaN(error) ? Double.POSITIVE_INFINITY : error);
          }
        }
      }
    }
    return worst;
  }

  private String line(String name) {
    List<Object> cells = new ArrayList<>(List.of(name));
    for (double error : errors) {
      cells.add(error);
    }
    cells.add(bytes[0] / 1024.0);
    cells.add(bytes[1] / 1024.0);
    cells.add(prepare);
    cells.add(String.join(", ", operators));
    return String.format(
        Locale.ROOT, "| %s | %.1e | %.1e | %.1e | %.1f | %.1f | %.0f | %s |", cells.toArray());
  }
}
