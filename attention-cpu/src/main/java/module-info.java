module io.github.attention4j.cpu {
  requires transitive io.github.attention4j.api;
  requires static org.jspecify;
  requires jdk.incubator.vector;
}
