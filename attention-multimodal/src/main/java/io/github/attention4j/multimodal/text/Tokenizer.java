package io.github.attention4j.multimodal.text;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import io.github.attention4j.multimodal.checkpoint.Config;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A published tokenizer, read from its `tokenizer.json`: WordPiece, byte-level BPE, Unigram and
/// whatever else that file describes.
///
/// The work is done by Hugging Face's own library through DJL, so ids are the ones the model was
/// trained on. It reads one file and nothing else: no network, and padding or truncation that the
/// file asks for is switched off, for a text that does not fit is the caller's decision. The native
/// library is unpacked once into the folder `.djl.ai` of the home; the variable `DJL_CACHE_DIR`
/// names another.
///
/// Safe for use by several threads; closing waits for those at work.
public final class Tokenizer implements AutoCloseable {
  private static final String FILE = "tokenizer.json";
  private static final Map<String, String> AS_IT_IS =
      Map.of("truncation", "do_not_truncate", "padding", "do_not_pad");

  private final String source;
  private final HuggingFaceTokenizer tokenizer;
  private final Vocabulary vocabulary;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  private Tokenizer(String source, HuggingFaceTokenizer tokenizer, Vocabulary vocabulary) {
    this.source = source;
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
  }

  /// Opens a `tokenizer.json`.
  ///
  /// @param path the file, or the folder it lies in
  /// @throws IOException if it is not there or cannot be read
  /// @throws IllegalArgumentException if it is not a tokenizer
  /// @throws UnsupportedOperationException if the native library has no build for this machine
  public static Tokenizer load(Path path) throws IOException {
    Path file = Files.isDirectory(path) ? path.resolve(FILE) : path;
    if (!Files.isRegularFile(file)) {
      throw new NoSuchFileException(
          file.toString(),
          null,
          "expected a Hugging Face tokenizer.json; where a model was published with vocab.txt,"
              + " vocab.json or a SentencePiece model only, save its fast tokenizer once with"
              + " save_pretrained");
    }
    byte[] json = Files.readAllBytes(file);
    Config config = Config.parse(file.toString(), json);
    if (!config.isObject("model")) {
      throw new IllegalArgumentException(
          file + ": expected a Hugging Face tokenizer.json, but it has no object 'model'");
    }
    Vocabulary vocabulary = Vocabulary.of(config);
    return new Tokenizer(file.toString(), open(file, json), vocabulary);
  }

  private static HuggingFaceTokenizer open(Path file, byte[] json) throws IOException {
    // The library would otherwise tell its makers that it was started.
    if (System.getProperty("OPT_OUT_TRACKING") == null) {
      System.setProperty("OPT_OUT_TRACKING", "true");
    }
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), AS_IT_IS);
    } catch (EngineException | LinkageError missing) {
      throw new UnsupportedOperationException(
          "the native library of Hugging Face's tokenizers could not be loaded on "
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch")
              + ": give the tokens' numbers instead of text",
          missing);
    } catch (RuntimeException refused) {
      throw new IllegalArgumentException(
          file + ": expected a tokenizer the library reads: " + refused.getMessage(), refused);
    }
  }

  /// The tokens of a text with the special tokens of the model around it.
  public Encoding encode(String text) {
    return guarded(() -> encoding(tokenizer.encode(text, true, false), text, null));
  }

  /// The tokens of a pair of texts with the special tokens of the model around and between them.
  public Encoding encode(String text, String pair) {
    return guarded(() -> encoding(tokenizer.encode(text, pair, true, false), text, pair));
  }

  /// The tokens of a text alone; special tokens written out in the text still count as such.
  public Encoding encodeBare(String text) {
    return guarded(() -> encoding(tokenizer.encode(text, false, false), text, null));
  }

  /// The text of tokens, without special ones.
  ///
  /// @throws IllegalArgumentException if the vocabulary has no such token
  public String decode(int... ids) {
    return decode(true, ids);
  }

  /// The text of tokens, with the special ones written out.
  ///
  /// @throws IllegalArgumentException if the vocabulary has no such token
  public String decodeWithSpecial(int... ids) {
    return decode(false, ids);
  }

  private String decode(boolean skipSpecial, int[] ids) {
    long[] known = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      piece(ids[i]);
      known[i] = ids[i];
    }
    return guarded(() -> tokenizer.decode(known, skipSpecial));
  }

  /// The id of a vocabulary entry, if there is one.
  public OptionalInt id(String piece) {
    Integer id = vocabulary.ids().get(piece);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// The vocabulary entry of an id.
  ///
  /// @throws IllegalArgumentException if there is none
  public String piece(int id) {
    String piece = vocabulary.pieces().get(id);
    if (piece == null) {
      throw new IllegalArgumentException(
          "id: expected a token of " + source + " (" + size() + " entries), got " + id);
    }
    return piece;
  }

  /// How many entries the vocabulary has, added tokens included.
  public int size() {
    return vocabulary.pieces().size();
  }

  /// The ids of tokens that are marked special, such as `[CLS]`.
  public Set<Integer> special() {
    return vocabulary.special();
  }

  /// Frees the native memory; further calls are refused. A second close does nothing.
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        tokenizer.close();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private <T> T guarded(Supplier<T> work) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the tokenizer of " + source + " is closed");
      }
      return work.get();
    } finally {
      lock.readLock().unlock();
    }
  }

  private static Encoding encoding(
      ai.djl.huggingface.tokenizers.Encoding raw, String text, @Nullable String pair) {
    long[] ids = raw.getIds();
    long[] types = raw.getTypeIds();
    long[] words = raw.getWordIds();
    long[] sequences = raw.getSequenceIds();
    long[] special = raw.getSpecialTokenMask();
    String[] pieces = raw.getTokens();
    @Nullable CharSpan[] spans = raw.getCharTokenSpans();
    List<Token> tokens = new ArrayList<>(ids.length);
    for (int i = 0; i < ids.length; i++) {
      int sequence = (int) sequences[i];
      CharSpan span = spans[i];
      int start = 0;
      int end = 0;
      String surface = pieces[i];
      if (span != null && sequence >= 0) {
        String given = sequence == 1 && pair != null ? pair : text;
        // The library counts code points.
        start = given.offsetByCodePoints(0, span.getStart());
        end = given.offsetByCodePoints(start, span.getEnd() - span.getStart());
        if (end > start) {
          surface = given.substring(start, end);
        }
      }
      tokens.add(
          new Token(
              (int) ids[i],
              pieces[i],
              surface,
              (int) types[i],
              sequence,
              (int) words[i],
              special[i] != 0,
              start,
              end));
    }
    return new Encoding(tokens);
  }
}
