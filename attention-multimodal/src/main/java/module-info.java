/// Checkpoints and the models in them: file formats, tokenizers, front ends, and published
/// architectures as networks.
///
/// Models are built from the layers of `io.github.attention4j.api.network` alone, so that every
/// provider runs them.
module io.github.attention4j.multimodal {
  requires transitive io.github.attention4j.api;
  requires static org.jspecify;
  requires static com.google.guice;
  requires com.fasterxml.jackson.databind;
  requires java.desktop;
  // Named by their jars only.
  requires ai.djl.api;
  requires ai.djl.tokenizers;

  exports io.github.attention4j.multimodal;
  exports io.github.attention4j.multimodal.audio;
  exports io.github.attention4j.multimodal.checkpoint;
  exports io.github.attention4j.multimodal.clip;
  exports io.github.attention4j.multimodal.feature;
  exports io.github.attention4j.multimodal.image;
  exports io.github.attention4j.multimodal.text;
  exports io.github.attention4j.multimodal.speech;
  exports io.github.attention4j.multimodal.wiring;

  opens io.github.attention4j.multimodal.wiring to
      com.google.guice;
}
