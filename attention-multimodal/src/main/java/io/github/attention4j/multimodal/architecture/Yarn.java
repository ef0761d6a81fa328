package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.multimodal.checkpoint.Config;

/// YaRN's rotary frequencies: those that turn often within the original length are kept, those that
/// turn seldom divided by the factor, a ramp between; and vectors are lengthened.
///
/// Source: Peng et al. 2023 (arXiv:2309.00071), sections 3.2 and 3.4; defaults as published models
/// read them.
///
/// @param theta the base
/// @param factor how much longer
/// @param low the first pair of the ramp
/// @param high the last
/// @param attention what vectors are multiplied by
record Yarn(double theta, double factor, double low, double high, double attention) {
  static Yarn read(Config scaling, Config config, double theta, int size) {
    double longest = config.number("max_position_embeddings", 2048);
    double original = scaling.number("original_max_position_embeddings", longest);
    double factor = scaling.number("factor", longest / original);
    double low = turning(scaling.number("beta_fast", 32), size, theta, original);
    double high = turning(scaling.number("beta_slow", 1), size, theta, original);
    if (scaling.flag("truncate", true)) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    double attention = scaling.number("attention_factor", lengthening(scaling, factor));
    return new Yarn(theta, factor, Math.max(low, 0), Math.min(high, size - 1.0), attention);
  }

  private static double lengthening(Config scaling, double factor) {
    double all = scaling.number("mscale_all_dim", 0);
    double some = scaling.number("mscale", 0);
    return some != 0 && all != 0
        ? magnitude(factor, some) / magnitude(factor, all)
        : magnitude(factor, 1);
  }

  private static double magnitude(double factor, double times) {
    return factor <= 1 ? 1 : 0.1 * times * Math.log(factor) + 1;
  }

  /** The pair that turns so often within the original length. */
  private static double turning(double turns, int size, double theta, double original) {
    return size * Math.log(original / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
  }

  double[] frequencies(int size) {
    double[] frequencies = new double[size / 2];
    double width = high == low ? 0.001 : high - low;
    for (int t = 0; t < frequencies.length; t++) {
      double kept = 1 - Math.clamp((t - low) / width, 0, 1);
      double frequency = Math.pow(theta, -2.0 * t / size);
      frequencies[t] = frequency * kept + frequency / factor * (1 - kept);
    }
    return frequencies;
  }
}
