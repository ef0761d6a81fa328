module io.github.attention4j.multimodal {
  requires transitive io.github.attention4j.api;
  requires static org.jspecify;
  requires com.fasterxml.jackson.databind;
}
