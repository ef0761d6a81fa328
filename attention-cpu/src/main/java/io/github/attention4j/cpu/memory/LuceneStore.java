package io.github.attention4j.cpu.memory;

import io.github.attention4j.api.ExternalMemory;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.api.spi.MemoryStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Store `lucene`: memories in a directory, searched through the graphs (HNSW, Malkov & Yashunin
/// 2018, arXiv:1603.09320) of Apache Lucene, which the application adds: `lucene-core`, module
/// `org.apache.lucene.core`.
///
/// | option | | default |
/// |---|---|---|
/// | `lucene.beam` | candidates that a search keeps per segment; more find more, and take longer | 128 |
/// | `lucene.connections` | of a key in its graph, 2 to 512 | 32 |
/// | `lucene.construction` | candidates looked at to connect a key, 1 to 3200 | 100 |
/// | `lucene.tail` | latest entries that are compared one by one before they are indexed | 4096 |
///
/// `connections` and `construction` hold for what is indexed from then on.
public final class LuceneStore implements MemoryStore {
  private static final String LIBRARY = "org.apache.lucene.index.IndexWriter";
  private static final int LARGEST_KEY = 1024;

  /// The options, checked.
  record Options(int beam, int connections, int construction, int tail) {
    static Options of(Settings settings) {
      MemoryChecks.options(
          settings,
          "lucene",
          Set.of("lucene.beam", "lucene.connections", "lucene.construction", "lucene.tail"));
      return new Options(
          number(settings, "lucene.beam", 128, 1, 100_000),
          number(settings, "lucene.connections", 32, 2, 512),
          number(settings, "lucene.construction", 100, 1, 3200),
          number(settings, "lucene.tail", 4096, 1, 1 << 24));
    }

    private static int number(Settings settings, String key, int otherwise, int least, int most) {
      String given = settings.options().get(key);
      if (given == null) {
        return otherwise;
      }
      try {
        int number = Integer.parseInt(given);
        if (number >= least && number <= most) {
          return number;
        }
      } catch (NumberFormatException wrong) {
        throw refused(key, least, most, given, wrong);
      }
      throw refused(key, least, most, given, null);
    }

    private static IllegalArgumentException refused(
        String key, int least, int most, String given, @Nullable Throwable cause) {
      return new IllegalArgumentException(
          key + ": expected a number from " + least + " to " + most + ", got '" + given + "'",
          cause);
    }
  }

  /// For `ServiceLoader`.
  public LuceneStore() {}

  @Override
  public String id() {
    return "lucene";
  }

  @Override
  public String describe() {
    return "on disk, nearest keys by the graphs of Apache Lucene";
  }

  @Override
  public List<String> unsupported(ExternalMemory.Sizes sizes, Optional<Path> directory) {
    List<String> reasons = new ArrayList<>();
    if (!there()) {
      reasons.add(
          "Apache Lucene is not there: add org.apache.lucene:lucene-core, and on the module path"
              + " --add-modules org.apache.lucene.core");
    }
    if (directory.isEmpty()) {
      reasons.add("a directory is needed: see exact for a memory in the heap");
    }
    if (sizes.keySize() > LARGEST_KEY) {
      reasons.add(
          "keys of " + sizes.keySize() + " elements: Lucene's graphs take up to " + LARGEST_KEY);
    }
    return reasons;
  }

  /// Looked for by name: this class must load where the library is not.
  private static boolean there() {
    try {
      Class.forName(LIBRARY, false, LuceneStore.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException missing) {
      return false;
    }
  }

  @Override
  public ExternalMemory open(
      ExternalMemory.Sizes sizes, Optional<Path> directory, Settings settings) throws IOException {
    List<String> reasons = unsupported(sizes, directory);
    if (!reasons.isEmpty() || directory.isEmpty()) {
      throw new UnsupportedRequestException("store lucene: " + String.join("; ", reasons));
    }
    return new LuceneMemory(directory.get(), sizes, Options.of(settings), settings.actualThreads());
  }
}
