package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.checkpoint.Config;
import java.util.Optional;

/// Tables of rotary angles as configurations describe them: `rope_theta` and `rope_scaling`, or
/// `rope_parameters`.
///
/// Scaling: none, `linear` (all frequencies divided by `factor`), `llama3` (low frequencies
/// divided, a smooth passage between; as the Llama 3.1 reference code), `dynamic` (changes nothing
/// up to `max_position_embeddings`, where the tables end), `yarn` (Peng et al. 2023,
/// arXiv:2309.00071).
///
/// @param cos `[positions, size / 2]`
/// @param sin `[positions, size / 2]`
record RotaryTables(Tensor cos, Tensor sin) {
  static RotaryTables read(Config config, int size, int positions) {
    Optional<Config> scaling =
        config.findSection("rope_parameters").or(() -> config.findSection("rope_scaling"));
    double theta = config.number("rope_theta", 10000);
    String type = "default";
    if (scaling.isPresent()) {
      theta = scaling.get().number("rope_theta", theta);
      type = scaling.get().text("rope_type", scaling.get().text("type", type));
    }
    if (type.equals("yarn")) {
      Yarn yarn = Yarn.read(scaling.orElse(config), config, theta, size);
      return table(yarn.frequencies(size), positions, yarn.attention());
    }
    double[] frequencies = new double[size / 2];
    for (int t = 0; t < frequencies.length; t++) {
      double frequency = Math.pow(theta, -2.0 * t / size);
      frequencies[t] = scaled(type, frequency, config, scaling);
    }
    return table(frequencies, positions, 1);
  }

  private static double scaled(
      String type, double frequency, Config config, Optional<Config> scaling) {
    return switch (type) {
      case "default", "dynamic" -> frequency;
      case "linear" -> frequency / scaling.orElse(config).number("factor", 1);
      case "llama3" -> llama3(frequency, scaling.orElse(config), config);
      default ->
          throw scaling
              .orElse(config)
              .refuse(
                  scaling.orElse(config).has("rope_type") ? "rope_type" : "type",
                  "one of [default, dynamic, linear, llama3, yarn]");
    };
  }

  private static double llama3(double frequency, Config scaling, Config config) {
    double factor = scaling.number("factor", 8);
    double low = scaling.number("low_freq_factor", 1);
    double high = scaling.number("high_freq_factor", 4);
    double original =
        scaling.number(
            "original_max_position_embeddings", config.number("max_position_embeddings", 8192));
    double length = 2 * Math.PI / frequency;
    if (length < original / high) {
      return frequency;
    }
    if (length > original / low) {
      return frequency / factor;
    }
    double smooth = (original / length - low) / (high - low);
    return (1 - smooth) * frequency / factor + smooth * frequency;
  }

  private static RotaryTables table(double[] frequencies, int positions, double scale) {
    int pairs = frequencies.length;
    Tensor cos = Tensor.allocate(positions, pairs);
    Tensor sin = Tensor.allocate(positions, pairs);
    for (int p = 0; p < positions; p++) {
      for (int t = 0; t < pairs; t++) {
        double angle = p * frequencies[t];
        cos.set((long) p * pairs + t, (float) (scale * Math.cos(angle)));
        sin.set((long) p * pairs + t, (float) (scale * Math.sin(angle)));
      }
    }
    return new RotaryTables(cos, sin);
  }
}
