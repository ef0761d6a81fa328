package io.github.attention4j.multimodal.speech;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.multimodal.Execution;
import io.github.attention4j.multimodal.audio.LogMel;
import io.github.attention4j.multimodal.audio.MelWindows;
import io.github.attention4j.multimodal.audio.WaveFile;
import io.github.attention4j.multimodal.audio.Waveform;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Writes what is said in sound of any length, with a published Whisper checkpoint: window by
/// window, each beginning where the last one's speech ended.
///
/// Reads `config.json`, `model.safetensors` (or shards), `generation_config.json`, `tokenizer.json`
/// and `preprocessor_config.json`. May be used by several threads at once.
///
/// Source: Radford et al. 2022 (arXiv:2212.04356), section 4.5; openai/whisper `transcribe.py`.
public final class Transcriber implements AutoCloseable {
  private final SpeechModel model;
  private final TokenText text;
  private final SpecialTokens special;
  private final AutoCloseable tokenizer;

  private Transcriber(SpeechModel model, TokenText text, AutoCloseable tokenizer) {
    this.model = model;
    this.text = text;
    this.special = SpecialTokens.read(model.config, model.generation, text);
    this.tokenizer = tokenizer;
  }

  /// Is told how far the work is. All methods do nothing by default.
  public interface Listener {
    /// Sound was measured, before anything is written.
    ///
    /// @param seconds so far
    default void measured(double seconds) {}

    /// The language is known.
    default void language(String code) {}

    /// A window is done.
    ///
    /// @param seconds of the sound that are done
    /// @param total seconds
    default void done(double seconds, double total) {}

    /// Something was said.
    default void segment(Transcript.Segment segment) {}

    /// A window was aligned; its maps may be dropped.
    default void aligned(AlignedWindow window) {}
  }

  /// What the model heard and where it looked in one window.
  ///
  /// @param features of the part that holds sound, `[mels, frames]`
  /// @param start of the window in the sound, in seconds
  /// @param seconds that it lasts
  /// @param maps cross-attention of the layers with alignment heads; rows are the tokens written,
  ///   columns stretches of the sound
  public record AlignedWindow(
      Tensor features, double start, double seconds, List<AttentionMap> maps) {
    public AlignedWindow {
      maps = List.copyOf(maps);
    }
  }

  /// Loads a checkpoint.
  ///
  /// @throws IOException if a file is missing
  /// @throws IllegalArgumentException if it is no model for speech, or its files do not fit each
  ///   other
  public static Transcriber load(Path folder, Execution execution) throws IOException {
    Checkpoint checkpoint = Checkpoint.open(folder);
    // Before anything large is read.
    SpeechModel.config(checkpoint);
    Tokenizer tokenizer = Tokenizer.load(folder);
    try {
      return load(checkpoint, TokenText.of(tokenizer), tokenizer, execution);
    } catch (IOException | RuntimeException failed) {
      tokenizer.close();
      throw failed;
    }
  }

  /// Loads a checkpoint whose tokenizer is elsewhere; the caller closes it.
  public static Transcriber load(Checkpoint checkpoint, TokenText text, Execution execution)
      throws IOException {
    return load(checkpoint, text, () -> {}, execution);
  }

  private static Transcriber load(
      Checkpoint checkpoint, TokenText text, AutoCloseable tokenizer, Execution execution)
      throws IOException {
    SpeechModel model = SpeechModel.load(checkpoint, execution);
    try {
      return new Transcriber(model, text, tokenizer);
    } catch (RuntimeException failed) {
      model.close();
      throw failed;
    }
  }

  /// Who runs it and where.
  public String device() {
    return model.device();
  }

  /// The codes of the languages the model knows; none if it knows one only, which it is not told.
  public List<String> languages() {
    return List.copyOf(special.languages().keySet());
  }

  /// Writes what is said in a file.
  public Transcript transcribe(WaveFile file, TranscriptionOptions options, Listener listener)
      throws IOException {
    return transcribe(file::samples, options, listener);
  }

  /// Writes what is said in sound that is in memory.
  public Transcript transcribe(Waveform sound, TranscriptionOptions options) throws IOException {
    return transcribe(rate -> sound.resampled(rate).source(), options, new Listener() {});
  }

  /// Writes what is said in sound that can be opened twice.
  ///
  /// @throws IllegalArgumentException if there is no sample, or the model does not know the
  ///   language or task
  public Transcript transcribe(
      MelWindows.Sound sound, TranscriptionOptions options, Listener listener) throws IOException {
    LogMel mel = model.mel;
    options.language().ifPresent(code -> special.prompt(code, options.translate()));
    double frameSeconds = mel.hop() / (double) mel.samplingRate();
    try (MelWindows windows =
        MelWindows.of(mel, sound, frames -> listener.measured(frames * frameSeconds))) {
      return new Run(windows, options, listener).transcript();
    }
  }

  /** One sound on its way. */
  private final class Run {
    private final MelWindows windows;
    private final TranscriptionOptions options;
    private final Listener listener;
    private final double frameSeconds;
    private final WindowDecoder decoder;
    private final WordAligner aligner;
    private final WordTimes times = new WordTimes();
    private final List<Transcript.Segment> segments = new ArrayList<>();
    // What was written since the prompt was last forgotten.
    private final List<Integer> previous;
    private Optional<String> language;

    Run(MelWindows windows, TranscriptionOptions options, Listener listener) {
      this.windows = windows;
      this.options = options;
      this.listener = listener;
      this.frameSeconds = windows.frameSeconds();
      double step = SegmentSplitter.STRIDE * frameSeconds;
      this.decoder =
          new WindowDecoder(
              special, text, model.config, model.generation, model.context, step, options);
      this.aligner = new WordAligner(model, special, text, step);
      this.previous =
          new ArrayList<>(
              options.initialPrompt().isBlank()
                  ? List.of()
                  : text.encode(" " + options.initialPrompt().strip()));
      this.language =
          special.multilingual()
              ? options.language()
              : Optional.of(options.language().orElse("en"));
    }

    Transcript transcript() throws IOException {
      long frame = 0;
      while (frame < windows.frames()) {
        frame += Math.max(1, window(frame));
        double done = Math.min(frame * frameSeconds, windows.seconds());
        listener.done(done, windows.seconds());
      }
      return new Transcript(language.orElse(""), windows.seconds(), segments);
    }

    /** Writes what is said in the window that begins with a frame, and says how far to go on. */
    private long window(long frame) throws IOException {
      Tensor features = windows.at(frame);
      int frames = (int) Math.min(windows.window(), windows.frames() - frame);
      Inputs cross = model.encode(features);
      List<Integer> prompt;
      Decoding decoding;
      try (SequenceModel sequences = model.sequences(cross)) {
        String code = language.orElseGet(() -> decoder.detect(sequences));
        if (frame == 0) {
          listener.language(code);
        }
        language = Optional.of(code);
        prompt = special.prompt(code, options.translate());
        decoding = decoder.decode(sequences, prompt, previous, frame);
      }
      if (decoding.isSilence(options)) {
        return frames;
      }
      SegmentSplitter split =
          SegmentSplitter.split(decoding.tokens(), special, frames, frameSeconds);
      double offset = frame * frameSeconds;
      List<WordTimes.Timed> timed = timed(split.pieces(), cross, prompt, features, frame, frames);
      long advance = split.frames();
      Optional<Double> spoken = lastWordEnd(timed);
      if (spoken.isPresent()) {
        if (!split.closed() && spoken.get() > offset) {
          advance = Math.round(spoken.get() / frameSeconds) - frame;
        }
        times.spokeUntil(spoken.get());
      }
      for (int p = 0; p < timed.size(); p++) {
        add(timed.get(p), split.pieces().get(p).tokens(), decoding);
      }
      // Text drawn at a high temperature would lead the next window astray.
      if (!options.previousText() || decoding.temperature() > 0.5) {
        previous.clear();
      }
      return advance;
    }

    private Optional<Double> lastWordEnd(List<WordTimes.Timed> timed) {
      for (WordTimes.Timed segment : timed.reversed()) {
        if (!segment.words().isEmpty()) {
          return Optional.of(segment.words().getLast().end());
        }
      }
      return Optional.empty();
    }

    private List<WordTimes.Timed> timed(
        List<SegmentSplitter.Piece> pieces,
        Inputs cross,
        List<Integer> prompt,
        Tensor features,
        long frame,
        int frames) {
      double offset = frame * frameSeconds;
      List<List<Integer>> texts =
          pieces.stream()
              .map(piece -> piece.tokens().stream().filter(special::isText).toList())
              .toList();
      List<Integer> all = texts.stream().flatMap(List::stream).toList();
      if (!options.words() || all.isEmpty()) {
        return pieces.stream()
            .map(piece ->
                new WordTimes.Timed(offset + piece.start(), offset + piece.end(), List.of()))
            .toList();
      }
      WordAligner.Reading reading = aligner.read(cross, prompt, all, frames);
      listener.aligned(
          new AlignedWindow(
              sounding(features, frames), offset, frames * frameSeconds, reading.maps(offset)));
      return times.distribute(
          pieces, texts, reading.words(WordSplitter.of(text, language.orElse(""))), offset);
    }

    private Tensor sounding(Tensor features, int frames) {
      int mels = features.shape().intSize(1);
      Tensor part = Tensor.allocate(mels, frames);
      for (int m = 0; m < mels; m++) {
        for (int f = 0; f < frames; f++) {
          part.set((long) m * frames + f, features.get(0, m, f));
        }
      }
      return part;
    }

    /** Keeps a segment, unless nothing was said in it. */
    private void add(WordTimes.Timed timed, List<Integer> tokens, Decoding decoding) {
      String written = text.decode(tokens.stream().filter(special::isText).toList());
      if (timed.start() == timed.end() || written.isBlank()) {
        return;
      }
      Transcript.Segment segment =
          new Transcript.Segment(
              timed.start(),
              timed.end(),
              written,
              tokens,
              decoding.temperature(),
              decoding.averageLogProbability(),
              decoding.compressionRatio(),
              decoding.noSpeech(),
              timed.words());
      segments.add(segment);
      previous.addAll(tokens);
      previous.subList(0, Math.max(0, previous.size() - model.context)).clear();
      listener.segment(segment);
    }
  }

  @Override
  public void close() {
    model.close();
    try {
      tokenizer.close();
    } catch (Exception failed) {
      throw new IllegalStateException("the tokenizer could not be closed", failed);
    }
  }
}
