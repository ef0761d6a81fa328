module io.github.attention4j.viz {
  requires transitive io.github.attention4j.api;
  requires static org.jspecify;
  requires io.github.attention4j.multimodal;
  requires info.picocli;
  requires com.google.guice;
  requires com.fasterxml.jackson.databind;

  uses io.github.attention4j.api.spi.ModelInspector;
}
