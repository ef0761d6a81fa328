package io.github.attention4j.multimodal.checkpoint;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.github.attention4j.api.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The header of a safetensors file, parsed and checked: little-endian u64 length, that many bytes
 * of a JSON object, then data that the tensors cover exactly once, in the order of their offsets.
 *
 * <p>The rules are those of the reference implementation's {@code Metadata::validate}; besides,
 * names must be unique, as the format's description asks.
 *
 * @param entries by name, in the order of the file's header
 * @param metadata free text
 * @param dataStart the offset of the data in the file
 */
record SafetensorsHeader(
    Map<String, Safetensors.Entry> entries, Map<String, String> metadata, long dataStart) {
  /** As the reference implementation. */
  static final long LONGEST = 100_000_000;

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  SafetensorsHeader {
    entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  static SafetensorsHeader read(String file, MemorySegment bytes) {
    if (bytes.byteSize() < Long.BYTES) {
      throw bad(
          file,
          "expected a header length of 8 bytes, got a file of " + bytes.byteSize() + " bytes");
    }
    long length = bytes.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    if (Long.compareUnsigned(length, LONGEST) > 0) {
      throw bad(
          file,
          "expected a header of at most "
              + LONGEST
              + " bytes, got the length "
              + Long.toUnsignedString(length));
    }
    long available = bytes.byteSize() - Long.BYTES;
    if (length > available) {
      throw bad(
          file,
          "expected a header of "
              + length
              + " bytes, the file ends after "
              + available
              + " of them");
    }
    SafetensorsHeader header =
        parse(file, text(file, bytes.asSlice(Long.BYTES, length)), Long.BYTES + length);
    header.checkCover(file, available - length);
    return header;
  }

  private static String text(String file, MemorySegment json) {
    if (json.byteSize() == 0 || json.get(ValueLayout.JAVA_BYTE, 0) != '{') {
      throw bad(file, "expected the header to begin with '{'");
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(json.toArray(ValueLayout.JAVA_BYTE)))
          .toString();
    } catch (CharacterCodingException notUtf8) {
      throw bad(file, "expected the header to be UTF-8, it is not", notUtf8);
    }
  }

  private static SafetensorsHeader parse(String file, String text, long dataStart) {
    Map<String, Safetensors.Entry> entries = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    try (JsonParser json = JSON.createParser(text)) {
      json.nextToken();
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = json.currentName();
        json.nextToken();
        if (name.equals(Safetensors.METADATA)) {
          metadata(file, json, metadata);
        } else {
          entries.put(name, new Parsing(file, name, json).entry());
        }
      }
      if (json.nextToken() != null) {
        throw bad(file, "expected the header to end after its JSON object, more follows");
      }
    } catch (JacksonException malformed) {
      throw bad(
          file,
          "expected a header of valid JSON with unique names: "
              + OneLine.plain(malformed.getOriginalMessage()),
          malformed);
    } catch (IOException impossible) {
      throw new java.io.UncheckedIOException(impossible);
    }
    return new SafetensorsHeader(entries, metadata, dataStart);
  }

  private static void metadata(String file, JsonParser json, Map<String, String> to)
      throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw bad(file, "__metadata__: expected an object, got " + json.currentToken());
    }
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String key = json.currentName();
      if (json.nextToken() != JsonToken.VALUE_STRING) {
        throw bad(
            file,
            "__metadata__: expected a string for "
                + OneLine.quoted(key)
                + ", got "
                + json.currentToken());
      }
      to.put(key, json.getText());
    }
  }

  /**
   * Every byte of the data belongs to one tensor; empty tensors stand where another begins or ends.
   */
  private void checkCover(String file, long size) {
    List<Safetensors.Entry> ordered = new ArrayList<>(entries.values());
    ordered.sort(
        Comparator.comparingLong(Safetensors.Entry::begin)
            .thenComparingLong(Safetensors.Entry::end));
    long end = 0;
    for (Safetensors.Entry entry : ordered) {
      if (entry.end() > size) {
        throw bad(
            file,
            entry.name(),
            "expected data_offsets within the "
                + size
                + " bytes of data in the file, got ["
                + entry.begin()
                + ", "
                + entry.end()
                + "]");
      }
      if (entry.begin() != end) {
        throw bad(
            file,
            entry.name(),
            "expected data_offsets to begin at "
                + end
                + ", where the tensor before it ends, got "
                + entry.begin()
                + (entry.begin() < end ? " (they overlap)" : " (bytes between belong to none)"));
      }
      end = entry.end();
    }
    if (end != size) {
      throw bad(
          file,
          "expected the data to end with the last tensor at " + end + ", got " + size + " bytes");
    }
  }

  static IllegalArgumentException bad(String file, String message) {
    return new IllegalArgumentException(file + ": " + message);
  }

  static IllegalArgumentException bad(String file, String tensor, String message) {
    return bad(file, "tensor " + OneLine.quoted(tensor) + ": " + message);
  }

  private static IllegalArgumentException bad(String file, String message, Throwable cause) {
    return new IllegalArgumentException(file + ": " + message, cause);
  }

  /** The description of one tensor. */
  private static final class Parsing {
    private final String file;
    private final String name;
    private final JsonParser json;

    Parsing(String file, String name, JsonParser json) {
      this.file = file;
      this.name = name;
      this.json = json;
    }

    Safetensors.Entry entry() throws IOException {
      if (json.currentToken() != JsonToken.START_OBJECT) {
        throw bad(file, name, "expected an object, got " + json.currentToken());
      }
      @Nullable Dtype dtype = null;
      @Nullable List<Long> sizes = null;
      @Nullable List<Long> offsets = null;
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "dtype" -> dtype = dtype();
          case "shape" -> sizes = integers("shape");
          case "data_offsets" -> offsets = integers("data_offsets");
          // As the reference implementation: what a later version of the format adds does not
          // matter here.
          default -> json.skipChildren();
        }
      }
      if (dtype == null || sizes == null || offsets == null) {
        throw bad(file, name, "expected dtype, shape and data_offsets, one is missing");
      }
      if (offsets.size() != 2 || offsets.get(1) < offsets.get(0)) {
        throw bad(file, name, "expected data_offsets [begin, end], got " + offsets);
      }
      return entry(dtype, sizes, offsets.get(0), offsets.get(1));
    }

    private Safetensors.Entry entry(Dtype dtype, List<Long> sizes, long begin, long end) {
      long bits = dtype.bits();
      try {
        long elements = 1;
        for (long size : sizes) {
          elements = Math.multiplyExact(elements, size);
        }
        bits = Math.multiplyExact(bits, elements);
      } catch (ArithmeticException overflow) {
        throw bad(
            file,
            "tensor "
                + OneLine.quoted(name)
                + ": the size of "
                + dtype
                + " "
                + OneLine.plain(sizes.toString())
                + " overflows",
            overflow);
      }
      if (bits % Byte.SIZE != 0 || bits / Byte.SIZE != end - begin) {
        throw bad(
            file,
            name,
            "expected "
                + (bits + Byte.SIZE - 1) / Byte.SIZE
                + " whole bytes for "
                + dtype
                + " "
                + OneLine.plain(sizes.toString())
                + ", got "
                + (end - begin)
                + " in data_offsets ["
                + begin
                + ", "
                + end
                + "]");
      }
      Shape shape = Shape.of(sizes.stream().mapToLong(Long::longValue).toArray());
      return new Safetensors.Entry(name, dtype, shape, begin, end);
    }

    private Dtype dtype() throws IOException {
      if (json.currentToken() != JsonToken.VALUE_STRING) {
        throw bad(file, name, "expected a string as dtype, got " + json.currentToken());
      }
      Optional<Dtype> dtype = Dtype.named(json.getText());
      return dtype.orElseThrow(() -> unknownDtype());
    }

    private IllegalArgumentException unknownDtype() {
      try {
        return bad(
            file,
            name,
            "expected a dtype of "
                + List.of(Dtype.values())
                + ", got "
                + OneLine.quoted(json.getText()));
      } catch (IOException impossible) {
        throw new java.io.UncheckedIOException(impossible);
      }
    }

    private List<Long> integers(String field) throws IOException {
      if (json.currentToken() != JsonToken.START_ARRAY) {
        throw bad(file, name, "expected an array as " + field + ", got " + json.currentToken());
      }
      List<Long> values = new ArrayList<>();
      while (json.nextToken() != JsonToken.END_ARRAY) {
        boolean whole = json.currentToken() == JsonToken.VALUE_NUMBER_INT;
        if (!whole
            || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
            || json.getLongValue() < 0) {
          throw bad(
              file,
              name,
              "expected whole numbers from 0 to 2^63 - 1 in "
                  + field
                  + ", got "
                  + OneLine.plain(whole ? json.getText() : json.currentToken().toString()));
        }
        values.add(json.getLongValue());
      }
      return values;
    }
  }
}
