package io.github.attention4j.onnx;

import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.onnx.mechanism.Refusals;
import io.github.attention4j.onnx.network.NetworkGraph;
import io.github.attention4j.onnx.runtime.Engine;
import io.github.attention4j.onnx.runtime.OnnxAttention;
import io.github.attention4j.onnx.runtime.OnnxProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The provider `onnx`: descriptions become graphs that ONNX Runtime runs, on the CPU or by CUDA.
///
/// [OnnxOptions] says what can be set. ONNX Runtime is loaded when it is first needed.
public final class OnnxProvider implements AttentionProvider {
  private final OnnxOptions options;
  private @Nullable Engine engine;

  /// With default settings; does no work.
  public OnnxProvider() {
    this(OnnxOptions.from(Settings.defaults()));
  }

  /// With these options; does no work.
  public OnnxProvider(OnnxOptions options) {
    this.options = options;
  }

  @Override
  public String id() {
    return "onnx";
  }

  @Override
  public int priority() {
    return 50;
  }

  /// The same provider with other settings.
  ///
  /// @throws IllegalArgumentException if an option is unknown, or the device is `cuda` and ONNX
  ///   Runtime cannot run there; names the missing library
  @Override
  public AttentionProvider configure(Settings settings) {
    OnnxProvider configured = new OnnxProvider(OnnxOptions.from(settings));
    if (configured.options.device().startsWith("cuda")) {
      configured.engine();
    }
    return configured;
  }

  @Override
  public List<String> describe() {
    List<String> lines = new ArrayList<>(List.of(engine().describe()));
    engine().choice().ifPresent(lines::add);
    lines.add("execution providers: " + Engine.executionProviders());
    lines.add(
        "graphs: opset "
            + options.opset()
            + ", "
            + lower(options.dialect())
            + ", "
            + lower(options.precision()));
    return lines;
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public List<String> unsupported(Request request) {
    return withObstacle(Refusals.of(request));
  }

  private static List<String> withObstacle(List<String> reasons) {
    return Stream.concat(Engine.obstacle().stream(), reasons.stream()).toList();
  }

  @Override
  public Attention prepare(Request request) {
    List<String> reasons = unsupported(request);
    if (!reasons.isEmpty()) {
      throw new UnsupportedRequestException("onnx: " + String.join("; ", reasons));
    }
    return new OnnxAttention(engine(), request, options.target());
  }

  @Override
  public List<String> unsupported(Network network) {
    return withObstacle(NetworkGraph.refusals(network));
  }

  @Override
  public Program compile(Network network, Set<String> maps) {
    List<String> reasons = unsupported(network);
    if (!reasons.isEmpty()) {
      throw new UnsupportedRequestException("onnx: " + String.join("; ", reasons));
    }
    NetworkGraph.checkMaps(network, maps);
    return new OnnxProgram(engine(), network, maps, options.target());
  }

  private synchronized Engine engine() {
    Engine started = engine;
    if (started == null) {
      started =
          Engine.start(
              options.threads(),
              options.device(),
              switch (options.optimization()) {
                case NONE -> OptLevel.NO_OPT;
                case BASIC -> OptLevel.BASIC_OPT;
                case EXTENDED -> OptLevel.EXTENDED_OPT;
                case ALL -> OptLevel.ALL_OPT;
              },
              options.cuda());
      engine = started;
    }
    return started;
  }
}
