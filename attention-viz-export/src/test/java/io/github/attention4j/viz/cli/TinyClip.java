package io.github.attention4j.viz.cli;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** A CLIP folder of the published form with random weights: 4 x 4 patches, 8 tokens. */
final class TinyClip {
  private static final int SIZE = 8;
  private static final String CONFIG =
      """
      {"model_type": "clip", "projection_dim": 6,
       "text_config": {"vocab_size": 9, "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1,
         "num_attention_heads": 2, "max_position_embeddings": 8, "eos_token_id": 8},
       "vision_config": {"hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 2,
         "num_attention_heads": 2, "image_size": 16, "patch_size": 4}}
      """;
  private static final String PREPROCESSOR =
      """
      {"do_resize": true, "size": {"shortest_edge": 16}, "resample": 3, "do_center_crop": true,
       "crop_size": {"height": 16, "width": 16}, "do_rescale": true, "do_normalize": true,
       "image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25]}
      """;
  private static final String TOKENIZER =
      """
      {"version": "1.0", "truncation": null, "padding": null,
       "added_tokens": [
         {"id": 7, "content": "<begin>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
         {"id": 8, "content": "<end>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
       "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "Whitespace"},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<begin>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<end>", "type_id": 0}}],
         "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
         "special_tokens": {"<begin>": {"id": "<begin>", "ids": [7], "tokens": ["<begin>"]}, "<end>": {"id": "<end>", "ids": [8], "tokens": ["<end>"]}}},
       "decoder": null,
       "model": {"type": "WordLevel", "vocab": {"a": 0, "cat": 1, "dog": 2, "boat": 3, "<unk>": 4, "<begin>": 7, "<end>": 8}, "unk_token": "<unk>"}}
      """;

  private final Random random = new Random(3);
  private final Map<String, NdArray> tensors = new LinkedHashMap<>();

  private TinyClip() {}

  static void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), CONFIG);
    Files.writeString(folder.resolve("preprocessor_config.json"), PREPROCESSOR);
    Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
    SafetensorsWriter.write(
        folder.resolve("model.safetensors"), new TinyClip().weights(), Map.of());
  }

  private Map<String, NdArray> weights() {
    tensors.put("logit_scale", Tensor.of(new float[] {2}));
    add("text_model.embeddings.token_embedding.weight", 9, SIZE);
    add("text_model.embeddings.position_embedding.weight", 8, SIZE);
    tower("text_model", 1);
    both("text_model.final_layer_norm", SIZE);
    add("text_projection.weight", 6, SIZE);
    add("vision_model.embeddings.class_embedding", SIZE);
    add("vision_model.embeddings.patch_embedding.weight", SIZE, 3, 4, 4);
    add("vision_model.embeddings.position_embedding.weight", 17, SIZE);
    both("vision_model.pre_layrnorm", SIZE);
    tower("vision_model", 2);
    both("vision_model.post_layernorm", SIZE);
    add("visual_projection.weight", 6, SIZE);
    return tensors;
  }

  private void tower(String name, int layers) {
    for (int layer = 0; layer < layers; layer++) {
      String at = name + ".encoder.layers." + layer + ".";
      for (String projection : new String[] {"q_proj", "k_proj", "v_proj", "out_proj"}) {
        both(at + "self_attn." + projection, SIZE, SIZE);
      }
      both(at + "layer_norm1", SIZE);
      both(at + "layer_norm2", SIZE);
      both(at + "mlp.fc1", 12, SIZE);
      both(at + "mlp.fc2", SIZE, 12);
    }
  }

  private void both(String name, long... sizes) {
    add(name + ".weight", sizes);
    add(name + ".bias", sizes[0]);
  }

  private void add(String name, long... sizes) {
    Tensor tensor = Tensor.allocate(sizes);
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, (float) (0.7 * random.nextGaussian()));
    }
    tensors.put(name, tensor);
  }
}
