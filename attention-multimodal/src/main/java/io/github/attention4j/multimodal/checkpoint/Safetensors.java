package io.github.attention4j.multimodal.checkpoint;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// A safetensors file, memory-mapped: nothing is read before it is asked for, and float32 arrays
/// are not copied.
///
/// The whole header is checked on opening: offsets and sizes against each other and against the
/// file, so that no later read can leave it. Arrays share the mapping, are read-only, and keep it
/// alive; there is nothing to close. The file must not be truncated by others meanwhile (replacing
/// it by a move is safe). Safe for use by several threads.
///
/// Source: the format's description and reference implementation,
/// <https://github.com/huggingface/safetensors>.
public final class Safetensors {
  /// The name in the header that is no tensor.
  static final String METADATA = "__metadata__";

  private final String source;
  private final MemorySegment bytes;
  private final SafetensorsHeader header;

  private Safetensors(String source, MemorySegment bytes) {
    this.source = source;
    this.bytes = bytes;
    this.header = SafetensorsHeader.read(source, bytes);
  }

  /// One tensor of the file.
  ///
  /// @param name unique in the file
  /// @param dtype the type of its elements
  /// @param shape its sizes, row-major
  /// @param begin of its bytes, from the start of the data
  /// @param end of its bytes, exclusive
  public record Entry(String name, Dtype dtype, Shape shape, long begin, long end) {
    /// Type and shape, for messages.
    public String describe() {
      return dtype + " " + shape;
    }
  }

  /// Opens a file.
  ///
  /// @throws IllegalArgumentException if it is not a valid safetensors file; names the tensor, what
  ///   was expected, what came
  /// @throws IOException if it cannot be read
  public static Safetensors open(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString(), null, "no such file");
    }
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(file + ": expected a file, got a folder or a device");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      // Freed when the last array of it becomes unreachable: closing earlier could pull it from
      // under a native runtime.
      return new Safetensors(
          file.toString(),
          channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()));
    }
  }

  /// A file that is already in memory, such as a resource; the bytes are copied.
  ///
  /// @param source what to call it in messages
  public static Safetensors of(String source, byte[] bytes) {
    MemorySegment copy = Arena.ofAuto().allocate(bytes.length, Long.BYTES);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, copy, 0, bytes.length);
    return new Safetensors(source, copy.asReadOnly());
  }

  /// Where it came from, for messages.
  public String source() {
    return source;
  }

  /// The names of all tensors, in the order of the header.
  public Set<String> names() {
    return header.entries().keySet();
  }

  /// Whether there is a tensor of this name.
  public boolean has(String name) {
    return header.entries().containsKey(name);
  }

  /// The description of a tensor.
  ///
  /// @throws IllegalArgumentException if there is none of this name
  public Entry entry(String name) {
    Entry entry = header.entries().get(name);
    if (entry == null) {
      throw new IllegalArgumentException(
          source + ": expected a tensor " + OneLine.quoted(name) + ", there is none");
    }
    return entry;
  }

  /// The free text of the header.
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /// A tensor as the array that fits its type: float types as float32, integers as int64, booleans
  /// as bool.
  ///
  /// @throws IllegalArgumentException if there is none of this name, or its type fits none
  public NdArray get(String name) {
    return elements(name).read();
  }

  /// A tensor of a float type as float32; not copied if it is `F32` and aligned.
  ///
  /// @throws IllegalArgumentException if there is none of this name or it has another type
  public Tensor tensor(String name) {
    return elements(name).floats();
  }

  /// A tensor of a float type as float64, without rounding.
  ///
  /// @throws IllegalArgumentException if there is none of this name or it has another type
  public double[] doubles(String name) {
    return elements(name).doubles();
  }

  /// A tensor of an integer type as int64.
  ///
  /// @throws IllegalArgumentException if there is none of this name or it has another type
  public LongTensor longs(String name) {
    return elements(name).longs();
  }

  /// A tensor of booleans.
  ///
  /// @throws IllegalArgumentException if there is none of this name or it has another type
  public BooleanTensor booleans(String name) {
    return elements(name).booleans();
  }

  /// All tensors, as [#get] reads them.
  public Map<String, NdArray> all() {
    Map<String, NdArray> arrays = new LinkedHashMap<>();
    names().forEach(name -> arrays.put(name, get(name)));
    return arrays;
  }

  private Elements elements(String name) {
    Entry entry = entry(name);
    return new Elements(
        source + ": tensor " + OneLine.quoted(name),
        entry.dtype(),
        entry.shape(),
        bytes.asSlice(header.dataStart() + entry.begin(), entry.end() - entry.begin()),
        ByteOrder.LITTLE_ENDIAN);
  }
}
