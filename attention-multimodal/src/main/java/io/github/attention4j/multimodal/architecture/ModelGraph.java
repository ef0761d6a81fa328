package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.checkpoint.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A network in the making together with the parameters it is made of: every method adds a layer
/// named after its parameter and returns the name of its value.
public final class ModelGraph {
  /// The axis of samples.
  public static final String BATCH = "batch";

  private final Network.Builder network;
  private final Weights weights;

  /// Starts a network of this name.
  public ModelGraph(String name, Weights weights) {
    this.network = Network.builder(name);
    this.weights = weights;
  }

  /// The parameters.
  public Weights weights() {
    return weights;
  }

  /// Declares an int64 input.
  public String ids(String name, String... axes) {
    return network.input(name, ElementType.INT64, axes);
  }

  /// Declares an int64 input that a run may have.
  ///
  /// @param given the names of the inputs it has
  public Optional<String> idsIfGiven(Set<String> given, String name, String... axes) {
    return given.contains(name) ? Optional.of(ids(name, axes)) : Optional.empty();
  }

  /// Declares a float32 input.
  public String values(String name, String... axes) {
    return network.input(name, ElementType.FLOAT32, axes);
  }

  /// Adds any layer.
  public String layer(String node, Layer layer, String... from) {
    return network.layer(node, layer, from);
  }

  /// Names a result.
  public void output(String name, String value) {
    network.output(name, value);
  }

  /// The network.
  public Network build() {
    return network.build();
  }

  /// A projection with bias: `parameter.weight` `[out, in]`, `parameter.bias` `[out]`.
  public String linear(String parameter, String from, int in, int out) {
    return linear(parameter, parameter, from, in, out, true);
  }

  /// A projection under a node's name of its own, because its parameters are used more than once or
  /// have no bias.
  public String linear(String node, String parameter, String from, int in, int out, boolean bias) {
    Tensor weight = weights.tensor(parameter + ".weight", out, in);
    Optional<Tensor> shift =
        bias ? Optional.of(weights.tensor(parameter + ".bias", out)) : Optional.empty();
    return layer(node, new Layer.Linear(weight, shift), from);
  }

  /// A layer norm: `parameter.weight` and `parameter.bias`, or `gamma` and `beta` as older files
  /// name them.
  public String layerNorm(String parameter, String from, int size, double epsilon) {
    return layerNorm(parameter, parameter, from, size, epsilon);
  }

  /// A layer norm under a node's name of its own, because its parameters are used more than once.
  public String layerNorm(String node, String parameter, String from, int size, double epsilon) {
    boolean old = !weights.has(parameter + ".weight") && weights.has(parameter + ".gamma");
    return layer(
        node,
        new Layer.LayerNorm(
            weights.tensor(parameter + (old ? ".gamma" : ".weight"), size),
            weights.tensor(parameter + (old ? ".beta" : ".bias"), size),
            epsilon),
        from);
  }

  /// An RMS norm: `parameter.weight`.
  public String rmsNorm(String parameter, String from, int size, double epsilon) {
    return layer(
        parameter, new Layer.RmsNorm(weights.tensor(parameter + ".weight", size), epsilon), from);
  }

  /// Token vectors: `parameter.weight` `[vocabulary, size]`, times a factor.
  public String embedding(String parameter, String ids, int vocabulary, int size, double scale) {
    return layer(
        parameter,
        new Layer.Embedding(weights.tensor(parameter + ".weight", vocabulary, size), scale),
        ids);
  }

  /// A function element by element.
  public String activate(String node, Activation function, String from) {
    return layer(node, new Layer.Activate(function), from);
  }

  /// A sum.
  public String add(String node, String a, String b) {
    return layer(node, new Layer.Add(), a, b);
  }

  /// Which keys hold something; none where the caller gave no mask.
  public Optional<String> keyMask(Optional<String> mask, long excluded) {
    return mask.map(input -> layer(input + ".keys", new Layer.KeyMask(excluded), input));
  }

  /// Multi-head attention of projected vectors, within the mechanism's scope and, if given, a mask
  /// of keys.
  ///
  /// @param node the name of the map
  public String attend(
      String node,
      MapLabel label,
      int heads,
      int keyHeads,
      Pairwise mechanism,
      Optional<String> keyMask,
      String query,
      String key,
      String value) {
    List<String> from = new ArrayList<>(List.of(query, key, value));
    keyMask.ifPresent(from::add);
    Pairwise masked =
        keyMask.isEmpty()
            ? mechanism
            : mechanism.within(
                mechanism.scope() instanceof Scope.Full
                    ? Scope.mask()
                    : mechanism.scope().and(Scope.mask()));
    List<String> extras = keyMask.isEmpty() ? List.of() : List.of(Inputs.MASK);
    return layer(
        node,
        new Layer.Attend(heads, keyHeads, masked, extras, label),
        from.toArray(String[]::new));
  }
}
