package io.github.attention4j.multimodal.feature;

import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import java.util.Optional;

/// A co-attention layer: two streams, each stream's queries on the other's keys and values of the
/// same moment, then a norm behind the residual sum, and a feed-forward layer with another.
///
/// Source: Lu et al. 2019, ViLBERT (arXiv:1908.02265), section 2.1, figure 2b.
///
/// @param text the stream of text
/// @param vision the stream of regions
public record CoAttention(Stream text, Stream vision) {
  /// The stream of text: float32 `[batch, length, features]`, as input and result.
  public static final String TEXT = "text";

  /// The stream of regions: float32 `[batch, regions, features]`, as input and result.
  public static final String VISION = "vision";

  /// Which tokens are there: int64 `[batch, length]`, 0 for padding.
  public static final String TEXT_MASK = "text_mask";

  /// Which regions are there: int64 `[batch, regions]`, 0 for padding.
  public static final String VISION_MASK = "vision_mask";

  /// What one stream does.
  ///
  /// @param look at the other stream; gives features of this stream's size
  /// @param lookNorm behind its residual sum
  /// @param inner the first matrix of the feed-forward layer
  /// @param activation between the two
  /// @param outer the second matrix
  /// @param norm behind its residual sum
  public record Stream(
      CrossAttention look,
      Layer.LayerNorm lookNorm,
      Layer.Linear inner,
      Activation activation,
      Layer.Linear outer,
      Layer.LayerNorm norm) {
    public Stream {
      if (look.queryFeatures() != look.outputFeatures()) {
        throw new IllegalArgumentException(
            "look: expected results of "
                + look.queryFeatures()
                + " features as its queries, got "
                + look.outputFeatures());
      }
    }

    /// With parameters before training.
    public static Stream random(int features, int others, int channels, int heads, long seed) {
      RandomParameters parameters = new RandomParameters(seed + 1);
      return new Stream(
          CrossAttention.random(features, others, channels, heads, seed),
          parameters.norm(features),
          parameters.linear(features, 4 * features),
          Activation.GELU,
          parameters.linear(4 * features, features),
          parameters.norm(features));
    }
  }

  public CoAttention {
    if (text.look().contextFeatures() != vision.look().queryFeatures()
        || vision.look().contextFeatures() != text.look().queryFeatures()) {
      throw new IllegalArgumentException(
          "vision: expected streams that read each other's features, got text of "
              + text.look().queryFeatures()
              + " reading "
              + text.look().contextFeatures()
              + ", vision of "
              + vision.look().queryFeatures()
              + " reading "
              + vision.look().contextFeatures());
    }
  }

  /// With parameters before training.
  public static CoAttention random(
      int textFeatures, int visionFeatures, int channels, int heads, long seed) {
    return new CoAttention(
        Stream.random(textFeatures, visionFeatures, channels, heads, seed),
        Stream.random(visionFeatures, textFeatures, channels, heads, seed + 1000));
  }

  /// The layer alone, with the maps `text_to_vision` and `vision_to_text`.
  ///
  /// @param masked whether there are [#TEXT_MASK] and [#VISION_MASK]
  public Network network(boolean masked) {
    Network.Builder network = Network.builder("co_attention");
    port(network, TEXT, "length", text);
    port(network, VISION, "regions", vision);
    Optional<String> words = Optional.empty();
    Optional<String> regions = Optional.empty();
    if (masked) {
      words = Optional.of(mask(network, TEXT_MASK, "length"));
      regions = Optional.of(mask(network, VISION_MASK, "regions"));
    }
    String first = add(network, text, MapLabel.Kind.TEXT_TO_VISION, TEXT, VISION, regions);
    String second = add(network, vision, MapLabel.Kind.VISION_TO_TEXT, VISION, TEXT, words);
    return network.output(TEXT, first).output(VISION, second).build();
  }

  private static void port(Network.Builder network, String name, String axis, Stream stream) {
    String features = Integer.toString(stream.look().queryFeatures());
    network.input(name, ElementType.FLOAT32, "batch", axis, features);
  }

  private static String mask(Network.Builder network, String name, String axis) {
    network.input(name, ElementType.INT64, "batch", axis);
    return network.layer(name + ".keys", new Layer.KeyMask(0), name);
  }

  private static String add(
      Network.Builder network,
      Stream stream,
      MapLabel.Kind kind,
      String x,
      String other,
      Optional<String> mask) {
    String map = kind.text();
    String seen = stream.look().add(network, map, new MapLabel(kind, 0), x, other, mask);
    String sum = network.layer(map + ".sum", new Layer.Add(), x, seen);
    String y = network.layer(map + ".norm", stream.lookNorm(), sum);
    String inside = network.layer(map + ".inner", stream.inner(), y);
    inside = network.layer(map + ".activation", new Layer.Activate(stream.activation()), inside);
    String outside = network.layer(map + ".outer", stream.outer(), inside);
    String total = network.layer(map + ".total", new Layer.Add(), y, outside);
    return network.layer(map + ".result", stream.norm(), total);
  }
}
