package io.github.attention4j.viz.cli;

import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.audio.WaveFile;
import io.github.attention4j.multimodal.checkpoint.AtomicFile;
import io.github.attention4j.multimodal.speech.Transcriber;
import io.github.attention4j.multimodal.speech.Transcript;
import io.github.attention4j.multimodal.speech.TranscriptFormat;
import io.github.attention4j.multimodal.speech.TranscriptionOptions;
import io.github.attention4j.viz.format.TraceFile;
import io.github.attention4j.viz.report.Report;
import io.github.attention4j.viz.report.Spectrogram;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "align",
    header = "Writes what is said in a WAV file, and when each word is said.",
    description = {
      "Prints a line per segment and its words with the seconds at which they begin. Writes the transcript as JSON, SRT and WebVTT, "
          + "report.html, where the cross-attention lies over the spectrogram, and its maps as trace.safetensors.",
      "",
      "The model is a published Whisper folder: config.json, model.safetensors, generation_config.json, tokenizer.json and "
          + "preprocessor_config.json. Sound of any length is read in windows of 30 seconds.",
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  attention align talk.wav --model whisper-tiny/",
      "  attention align talk.wav --model whisper-tiny/ --language de --task translate",
      "  attention align talk.wav --model whisper-tiny/ --beam 5 --format srt --out srt/",
    })
final class AlignCommand implements Callable<Integer> {
  /** What is done with speech. */
  enum Task {
    TRANSCRIBE,
    TRANSLATE
  }

  private final Terminal terminal;
  private final ProviderSource providers;

  @ParentCommand private RootCommand root;

  @Parameters(paramLabel = "AUDIO.wav", description = "A WAV file of any rate and length.")
  private Path audio;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "The folder of a published Whisper checkpoint.")
  private Path model;

  @Option(
      names = "--language",
      paramLabel = "CODE",
      description = "What is spoken, such as en; heard in the first window if not given.")
  private Optional<String> language = Optional.empty();

  @Option(
      names = "--task",
      paramLabel = "TASK",
      defaultValue = "transcribe",
      description = "transcribe, or translate into English (${DEFAULT-VALUE}).")
  private Task task = Task.TRANSCRIBE;

  @Option(
      names = "--beam",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many sequences are followed side by side; 1 is greedy (${DEFAULT-VALUE}).")
  private int beam;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      split = ",",
      description = "Tried in order until a window comes out well (0,0.2,0.4,0.6,0.8,1).")
  private List<Double> temperatures = new ArrayList<>();

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "Text as if it had been said before, such as names to be spelled right.")
  private String prompt = "";

  @Option(
      names = "--no-previous-text",
      description = "Windows do not read what was written before them.")
  private boolean forgets;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      split = ",",
      description = "Files to write: text, srt, vtt, json; may be repeated (json, srt and vtt).")
  private Set<TranscriptFormat> formats = EnumSet.noneOf(TranscriptFormat.class);

  @Option(
      names = "--window",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description =
          "The report shows the first window with words that ends after this (${DEFAULT-VALUE}).")
  private double window;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "attention-out",
      description = "The folder for what is written (${DEFAULT-VALUE}).")
  private Path out = Path.of("attention-out");

  @Inject
  AlignCommand(Terminal terminal, ProviderSource providers) {
    this.terminal = terminal;
    this.providers = providers;
  }

  @Override
  public Integer call() throws IOException {
    TranscriptionOptions options = options();
    WaveFile file = WaveFile.open(audio);
    OutputFolder folder = OutputFolder.prepare(out);
    terminal.progress("loading " + model);
    try (Transcriber transcriber = Transcriber.load(model, root.options().execution(providers))) {
      SpeechProgress progress = new SpeechProgress(terminal, file.seconds(), window);
      Transcript transcript = transcriber.transcribe(file, options, progress);
      terminal.endProgress();
      List<Path> written = new ArrayList<>();
      for (TranscriptFormat format : chosen()) {
        Path target = folder.file(stem() + "." + format.suffix());
        write(target, format.render(transcript));
        written.add(target);
      }
      if (progress.window().isPresent()) {
        Transcriber.AlignedWindow aligned = progress.window().get();
        AttentionTrace trace =
            new AttentionTrace(aligned.maps(), facts(transcript, aligned, transcriber.device()));
        Path traceFile = folder.file("trace.safetensors");
        TraceFile.write(trace, traceFile);
        Path report = folder.file("report.html");
        Report.of(trace).with(new Spectrogram(aligned.features(), aligned.seconds())).write(report);
        written.add(report);
        written.add(traceFile);
      } else {
        terminal.out().println("no words were heard, so there is no report");
      }
      terminal.out().println();
      terminal.out().println("language " + transcript.language());
      terminal.out().println("ran on " + transcriber.device());
      written.forEach(path -> terminal.out().println("wrote " + path));
    }
    return ExitCode.OK;
  }

  private TranscriptionOptions options() {
    TranscriptionOptions defaults = TranscriptionOptions.defaults();
    return new TranscriptionOptions(
        language,
        task == Task.TRANSLATE,
        beam,
        defaults.patience(),
        defaults.lengthPenalty(),
        defaults.bestOf(),
        temperatures.isEmpty() ? defaults.temperatures() : temperatures,
        defaults.compressionRatioLimit(),
        defaults.logProbabilityLimit(),
        defaults.noSpeechLimit(),
        !forgets,
        prompt,
        defaults.latestStart(),
        true);
  }

  private Set<TranscriptFormat> chosen() {
    return formats.isEmpty()
        ? EnumSet.of(TranscriptFormat.JSON, TranscriptFormat.SRT, TranscriptFormat.VTT)
        : formats;
  }

  /** The name of the sound without its end. */
  private String stem() {
    Path name = audio.getFileName();
    String text = name == null ? "audio" : name.toString();
    int dot = text.lastIndexOf('.');
    return dot > 0 ? text.substring(0, dot) : text;
  }

  private static void write(Path file, String text) throws IOException {
    AtomicFile.write(
        file,
        channel -> {
          ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  private Map<String, String> facts(
      Transcript transcript, Transcriber.AlignedWindow aligned, String device) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("model", model.toString());
    facts.put("audio", audio.toString());
    facts.put("language", transcript.language());
    facts.put(
        "window",
        SpeechProgress.clock(aligned.start())
            + " - "
            + SpeechProgress.clock(aligned.start() + aligned.seconds()));
    facts.put("prediction", transcript.text());
    facts.put("device", device);
    return facts;
  }
}
