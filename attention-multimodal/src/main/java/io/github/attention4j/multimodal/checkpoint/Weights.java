package io.github.attention4j.multimodal.checkpoint;

import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// The parameters of a checkpoint by name, whichever files hold them. Remembers what was asked for,
/// so that what a model does not use can be named.
///
/// Float types are read as float32; float32 is not copied. Not safe for use by several threads.
public final class Weights {
  private final String source;
  private final String prefix;
  private final Map<String, Safetensors> files;
  private final Set<String> used;

  private Weights(String source, String prefix, Map<String, Safetensors> files, Set<String> used) {
    this.source = source;
    this.prefix = prefix;
    this.files = files;
    this.used = used;
  }

  /// The tensors of one file.
  static Weights of(String source, Safetensors file) {
    Map<String, Safetensors> files = new LinkedHashMap<>();
    file.names().forEach(name -> files.put(name, file));
    return new Weights(source, "", files, new TreeSet<>());
  }

  /// Tensors of several files.
  static Weights of(String source, Map<String, Safetensors> files) {
    return new Weights(source, "", new LinkedHashMap<>(files), new TreeSet<>());
  }

  /// The tensors whose names begin with `more`, under the rest of their names.
  public Weights under(String more) {
    return new Weights(source, prefix + more, files, used);
  }

  /// Whether there is a tensor of this name.
  public boolean has(String name) {
    return files.containsKey(prefix + name);
  }

  /// Whether a name begins with this.
  public boolean hasUnder(String start) {
    return files.keySet().stream().anyMatch(name -> name.startsWith(prefix + start));
  }

  /// The shape of a tensor.
  ///
  /// @throws IllegalArgumentException if there is none of this name
  public Shape shape(String name) {
    return file(name).entry(prefix + name).shape();
  }

  /// A parameter.
  ///
  /// @throws IllegalArgumentException if it is missing or has another shape or type
  public Tensor tensor(String name, long... sizes) {
    Safetensors.Entry entry = file(name).entry(prefix + name);
    Shape expected = Shape.of(sizes);
    if (!entry.shape().equals(expected)) {
      throw new IllegalArgumentException(
          source
              + ": tensor "
              + OneLine.quoted(prefix + name)
              + ": expected shape "
              + expected
              + ", got "
              + entry.describe());
    }
    used.add(prefix + name);
    return file(name).tensor(prefix + name);
  }

  /// A parameter that may be missing.
  ///
  /// @throws IllegalArgumentException if it has another shape or type
  public Optional<Tensor> find(String name, long... sizes) {
    return has(name) ? Optional.of(tensor(name, sizes)) : Optional.empty();
  }

  /// Says that a tensor is known and not needed, such as the copy of a tied parameter.
  public void ignore(String name) {
    if (has(name)) {
      used.add(prefix + name);
    }
  }

  /// Says that all tensors whose names begin with this are known and not needed.
  public void ignoreUnder(String start) {
    files.keySet().stream().filter(name -> name.startsWith(prefix + start)).forEach(used::add);
  }

  /// The full names of the tensors that nothing asked for, in order.
  public Set<String> unused() {
    Set<String> names = new TreeSet<>(files.keySet());
    names.removeAll(used);
    return Collections.unmodifiableSet(names);
  }

  private Safetensors file(String name) {
    Safetensors file = files.get(prefix + name);
    if (file == null) {
      throw new IllegalArgumentException(
          source + ": expected a tensor " + OneLine.quoted(prefix + name) + ", it is missing");
    }
    return file;
  }
}
