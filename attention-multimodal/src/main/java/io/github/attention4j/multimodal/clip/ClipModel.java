package io.github.attention4j.multimodal.clip;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.Execution;
import io.github.attention4j.multimodal.architecture.Architectures;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;
import io.github.attention4j.multimodal.image.ImagePreprocessor;
import io.github.attention4j.multimodal.image.PatchGrid;
import io.github.attention4j.multimodal.image.Picture;
import io.github.attention4j.multimodal.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A CLIP checkpoint on pictures and captions. Reads `config.json`, `model.safetensors` (or its
/// shards), `tokenizer.json` and `preprocessor_config.json` of a folder.
///
/// The two towers are two networks: captions are read once for any number of pictures, pictures one
/// by one. Safe for use by several threads, except while closing.
public final class ClipModel implements AutoCloseable {
  /// The `model_type` of the folders this reads.
  public static final String MODEL_TYPE = "clip";

  private static final String IDS = "input_ids";
  private static final String MASK = "attention_mask";
  private static final String PIXELS = "pixel_values";

  private final Tokenizer tokenizer;
  private final ImagePreprocessor preprocessor;
  private final Program text;
  private final Program vision;
  private final int longest;
  private final double scale;
  private final Shape patch;
  private final List<String> unused;

  private ClipModel(
      Tokenizer tokenizer,
      ImagePreprocessor preprocessor,
      Program text,
      Program vision,
      int longest,
      double scale,
      List<String> unused) {
    this.tokenizer = tokenizer;
    this.preprocessor = preprocessor;
    this.text = text;
    this.vision = vision;
    this.longest = longest;
    this.scale = scale;
    this.patch =
        vision.network().nodes().stream()
            .map(Network.Node::layer)
            .filter(Layer.Patches.class::isInstance)
            .map(layer -> ((Layer.Patches) layer).weight().shape())
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("a vision tower without patches"));
    this.unused = unused;
  }

  /// Loads a folder.
  ///
  /// @throws IllegalArgumentException if it holds another kind of model, or a file does not fit the
  ///   others; says which
  public static ClipModel load(Path folder, Execution execution) throws IOException {
    Checkpoint checkpoint = Checkpoint.open(folder);
    Config config = checkpoint.config();
    checkpoint.require(MODEL_TYPE);
    ImagePreprocessor preprocessor =
        ImagePreprocessor.clip(checkpoint.json("preprocessor_config.json"));
    Weights weights = checkpoint.weights();
    Network text = Architectures.of(config).network(config, weights, Set.of(IDS, MASK));
    Network vision = withValues(Architectures.of(config).network(config, weights, Set.of(PIXELS)));
    double scale = Math.exp(weights.tensor("logit_scale").at(0));
    Config section = config.findSection("text_config").orElse(Config.empty());
    Tokenizer tokenizer = Tokenizer.load(folder);
    Program textProgram = null;
    try {
      textProgram = execution.compile(text, new LinkedHashSet<>(text.attentionNodes()));
      return new ClipModel(
          tokenizer,
          preprocessor,
          textProgram,
          execution.compile(vision, new LinkedHashSet<>(vision.attentionNodes())),
          section.integer("max_position_embeddings", 77),
          scale,
          List.copyOf(weights.unused()));
    } catch (RuntimeException refused) {
      if (textProgram != null) {
        textProgram.close();
      }
      tokenizer.close();
      throw refused;
    }
  }

  /** With the values of all attention layers as results. */
  private static Network withValues(Network network) {
    Map<String, String> outputs = new LinkedHashMap<>(network.outputs());
    for (String map : network.attentionNodes()) {
      outputs.put(map + DirectContributions.VALUE, map + DirectContributions.VALUE);
    }
    return new Network(network.name(), network.inputs(), network.nodes(), outputs);
  }

  /// Who runs the image tower and where.
  public String device() {
    return vision.device();
  }

  /// The tensors of the checkpoint that neither tower uses.
  public List<String> unusedTensors() {
    return unused;
  }

  /// How many tokens a caption may have, begin and end included.
  public int longestCaption() {
    return longest;
  }

  /// Captions as tokens.
  ///
  /// @param truncate whether a caption longer than [#longestCaption()] is cut, its end token kept
  /// @throws IllegalArgumentException if one is longer otherwise; says how long
  public EncodedCaptions encode(List<String> captions, boolean truncate) {
    return EncodedCaptions.of(
        captions, captions.stream().map(tokenizer::encode).toList(), longest, truncate);
  }

  /// The text tower.
  public TextView read(EncodedCaptions captions) {
    Result result = text.run(Inputs.none().with(IDS, captions.ids()).with(MASK, captions.mask()));
    Map<MapLabel, Tensor> maps = new LinkedHashMap<>();
    for (String map : text.network().attentionNodes()) {
      maps.put(label(text.network(), map), result.tensor(map));
    }
    return new TextView(captions, result.tensor("text_embeds"), maps);
  }

  /// The image tower, on a picture of any size.
  public ImageView look(Picture picture) {
    Tensor pixels = preprocessor.pixels(picture);
    return look(pixels, preprocessor.view(picture));
  }

  /// The image tower, on pixels that are prepared already.
  ///
  /// @param pixels float32 `[1, 3, height, width]`
  /// @param view which part of the picture they show
  /// @throws IllegalArgumentException if they have not the size that the tower reads
  public ImageView look(Tensor pixels, ImagePreprocessor.View view) {
    List<String> axes = vision.network().inputs().getFirst().axes();
    long[] sizes = pixels.shape().toArray();
    if (sizes.length != 4
        || sizes[0] != 1
        || !axes.subList(1, 4).equals(List.of("" + sizes[1], "" + sizes[2], "" + sizes[3]))) {
      throw new IllegalArgumentException(
          "pixels: expected [1, "
              + String.join(", ", axes.subList(1, 4))
              + "], which the image tower reads, got "
              + pixels.describe()
              + " (preprocessor_config.json: crop_size)");
    }
    PatchGrid grid = PatchGrid.of(view, pixels.shape(), patch.intSize(2), patch.intSize(3));
    Result result = vision.run(Inputs.none().with(PIXELS, pixels));
    Labels labels = grid.labels("[CLS]");
    List<AttentionMap> maps = new ArrayList<>();
    for (String map : vision.network().attentionNodes()) {
      Tensor all = result.tensor(map);
      long[] shape = all.shape().toArray();
      Tensor weights = all.reshape(shape[1], shape[2], shape[3]);
      maps.add(new AttentionMap(map, label(vision.network(), map), weights, labels, labels, ""));
    }
    return new ImageView(
        grid,
        result.tensor("image_embeds"),
        maps,
        DirectContributions.of(vision.network(), result));
  }

  /// How well captions fit a picture: cosines of the embeddings, times the checkpoint's scale.
  public ImageTextMatch match(ImageView image, TextView texts) {
    int captions = texts.embeds().shape().intSize(0);
    int features = texts.embeds().shape().intSize(1);
    double[] logits = new double[captions];
    double largest = Double.NEGATIVE_INFINITY;
    for (int caption = 0; caption < captions; caption++) {
      for (int f = 0; f < features; f++) {
        logits[caption] +=
            scale * image.embed().at(f) * texts.embeds().at((long) caption * features + f);
      }
      largest = Math.max(largest, logits[caption]);
    }
    double[] probabilities = new double[captions];
    double sum = 0;
    for (int caption = 0; caption < captions; caption++) {
      probabilities[caption] = Math.exp(logits[caption] - largest);
      sum += probabilities[caption];
    }
    for (int caption = 0; caption < captions; caption++) {
      probabilities[caption] /= sum;
    }
    return new ImageTextMatch(
        texts.captions().texts(),
        Arrays.stream(logits).boxed().toList(),
        Arrays.stream(probabilities).boxed().toList(),
        image.direct().toLogits(texts.embeds(), scale),
        image);
  }

  private static MapLabel label(Network network, String node) {
    if (network.node(node).layer() instanceof Layer.Attend attend) {
      return attend.label();
    }
    throw new IllegalArgumentException("node: expected an attention layer, got '" + node + "'");
  }

  @Override
  public void close() {
    tokenizer.close();
    text.close();
    vision.close();
  }
}
