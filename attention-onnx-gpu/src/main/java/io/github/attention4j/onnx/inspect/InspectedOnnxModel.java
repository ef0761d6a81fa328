package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.AttentionSite;
import io.github.attention4j.api.spi.InspectedModel;
import io.github.attention4j.api.spi.MapRequest;
import io.github.attention4j.api.spi.ModelPort;
import io.github.attention4j.api.spi.ModelRun;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An ONNX model with its attention found. Which branches a model takes is known when it runs; until
 * then its sites are those without a key/value cache.
 */
final class InspectedOnnxModel implements InspectedModel {
  private final ModelFile file;
  private final Ports ports;
  private final Courses courses;
  private boolean closed;

  InspectedOnnxModel(ModelFile file, Settings settings) {
    this.file = file;
    this.courses = new Courses(file, settings);
    Set<String> caches = new HashSet<>();
    courses.unasked(false).caches().forEach(caches::add);
    courses.unasked(true).caches().forEach(caches::add);
    this.ports = new Ports(file.model().getGraph(), caches);
    courses.unasked(false).load();
  }

  @Override
  public Map<String, String> facts() {
    return ports.facts(file);
  }

  @Override
  public List<ModelPort> inputs() {
    return ports.inputs();
  }

  @Override
  public List<ModelPort> outputs() {
    return ports.outputs();
  }

  @Override
  public synchronized List<AttentionSite> sites() {
    return courses.latest().sites();
  }

  @Override
  public synchronized List<Refusal> refusals() {
    return courses.latest().refusals();
  }

  @Override
  public synchronized ModelRun run(Inputs given, MapRequest request) {
    if (closed) {
      throw new IllegalStateException(file.path() + ": closed");
    }
    Inputs inputs = ports.complete(given);
    return courses.of(inputs).run(inputs, request);
  }

  @Override
  public synchronized Map<String, Tensor> embeddings(Inputs given) {
    if (closed) {
      throw new IllegalStateException(file.path() + ": closed");
    }
    Inputs inputs = ports.complete(given);
    return courses.of(inputs).embeddings(inputs);
  }

  @Override
  public synchronized void close() {
    closed = true;
    courses.close();
  }
}
