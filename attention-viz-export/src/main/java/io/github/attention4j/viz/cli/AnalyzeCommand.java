package io.github.attention4j.viz.cli;

import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.viz.analysis.AnalysisFile;
import io.github.attention4j.viz.analysis.Cell;
import io.github.attention4j.viz.analysis.Conllu;
import io.github.attention4j.viz.analysis.Coreference;
import io.github.attention4j.viz.analysis.CoreferenceText;
import io.github.attention4j.viz.analysis.HeadAnalysis;
import io.github.attention4j.viz.analysis.RoleScore;
import io.github.attention4j.viz.analysis.SemanticAssociation;
import io.github.attention4j.viz.analysis.SyntacticRoles;
import io.github.attention4j.viz.analysis.TextLines;
import io.github.attention4j.viz.format.TraceFile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "analyze",
    header = "Says what attention heads do, with a baseline beside every score.",
    description = {
      "Analyses traces (FILE.safetensors, as 'attention explain' writes them), merges analyses (FILE.json, as this command "
          + "writes them), or runs a model over the lines of a text file (--texts).",
      "",
      "The baseline is what attention spread evenly over the allowed keys would score; for first tokens, separators and "
          + "punctuation what the head's favourite other keys get, if that is more. Surprise is the share reached of the way from the "
          + "baseline to 1. Listed are heads with a surprise of 0.25 or more, at five standard errors or more.",
      "",
      "With --texts the sums so far are kept in OUT/analysis.json: after an interruption the same command goes on where it "
          + "stopped.",
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  attention analyze attention-out/trace.safetensors",
      "  attention analyze --texts sentences.txt --model dates --out roles",
      "  attention analyze --texts sentences.txt --model bert.onnx",
      "  attention analyze --conllu treebank.conllu --model bert-folder",
      "  attention analyze --coreference dev.jsonl --model bert-folder",
      "  attention analyze part1/analysis.json part2/analysis.json --out both",
    })
final class AnalyzeCommand implements Callable<Integer> {
  private static final String STATE = "analysis.json";
  private static final Duration BETWEEN_SAVES = Duration.ofSeconds(5);
  private static final int LINES = 60;

  private final Terminal terminal;
  private final ProviderSource providers;

  @ParentCommand private RootCommand root;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..*",
      description = "Traces of one model, or analyses to be merged.")
  private List<Path> files = List.of();

  @Option(
      names = "--texts",
      paramLabel = "FILE",
      description = "A text per line, UTF-8; empty lines are skipped.")
  private Optional<Path> texts = Optional.empty();

  @Option(
      names = "--conllu",
      paramLabel = "FILE",
      description =
          "Run the model over the sentences of a CoNLL-U file and say which heads follow which syntactic relation.")
  private Optional<Path> conllu = Optional.empty();

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "The model to run: one that comes with attention4j, an ONNX file, or a checkpoint folder.")
  private Optional<String> model = Optional.empty();

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description =
          "A Hugging Face tokenizer.json or its folder; the one beside the model if not given.")
  private Optional<Path> tokenizer = Optional.empty();

  @Option(
      names = "--coreference",
      paramLabel = "FILE.jsonl",
      description =
          "Run the model over texts with clusters of mentions and say which heads find antecedents. Lines of {\"sentences\": "
              + "[[word, ...], ...], \"clusters\": [[[first, last], ...], ...]}; the baseline is the nearest mention.")
  private Optional<Path> coreference = Optional.empty();

  @Option(
      names = "--semantic",
      description =
          "With --texts: say which heads look at tokens of similar embeddings instead; the baseline shuffles them.")
  private boolean semantic;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "attention-out",
      description = "The folder for analysis.json (${DEFAULT-VALUE}).")
  private Path out = Path.of("attention-out");

  @Option(names = "--all", description = "Also list scores that are not above their baseline.")
  private boolean all;

  @Inject
  AnalyzeCommand(Terminal terminal, ProviderSource providers) {
    this.terminal = terminal;
    this.providers = providers;
  }

  @Override
  public Integer call() throws IOException {
    int inputs =
        (files.isEmpty() ? 0 : 1)
            + (texts.isEmpty() ? 0 : 1)
            + (conllu.isEmpty() ? 0 : 1)
            + (coreference.isEmpty() ? 0 : 1);
    if (inputs != 1) {
      throw new IllegalArgumentException(
          "FILE, --texts, --conllu, --coreference: expected one of them, got " + inputs);
    }
    if (!files.isEmpty() && (model.isPresent() || tokenizer.isPresent())) {
      throw new IllegalArgumentException(
          "model, tokenizer: expected --texts, --conllu or --coreference beside them, got "
              + files);
    }
    if (semantic && texts.isEmpty()) {
      throw new IllegalArgumentException("semantic: expected --texts beside it");
    }
    if (conllu.isPresent()) {
      SyntaxTable.print(followed(conllu.get()), all, LINES, terminal.out());
      return ExitCode.OK;
    }
    if (coreference.isPresent()) {
      MeaningTables.print(resolved(coreference.get()), all, LINES, terminal.out());
      return ExitCode.OK;
    }
    if (semantic) {
      MeaningTables.print(associated(texts.get()), all, LINES, terminal.out());
      return ExitCode.OK;
    }
    Path state = OutputFolder.prepare(out).file(STATE);
    AnalysisFile result = texts.isPresent() ? stream(texts.get(), state) : read();
    result.write(state);
    terminal.endProgress();
    print(result.analysis());
    terminal.out().println("wrote " + state);
    return ExitCode.OK;
  }

  private AnalysisFile read() throws IOException {
    HeadAnalysis merged = HeadAnalysis.empty();
    Map<String, String> source = new LinkedHashMap<>();
    for (Path file : files) {
      terminal.progress("reading " + file);
      if (String.valueOf(file.getFileName()).endsWith(".json")) {
        AnalysisFile other = AnalysisFile.read(file);
        merged.merge(other.analysis());
        source.putAll(other.source());
      } else {
        merged.add(TraceFile.read(file));
      }
    }
    source.put("files", files.toString());
    return new AnalysisFile(source, merged);
  }

  /** Every text is one step; after a kill at most the steps of the last seconds are done again. */
  private AnalysisFile stream(Path file, Path state) throws IOException {
    String name = modelName();
    long total = texts(file);
    Map<String, String> source = new LinkedHashMap<>();
    source.put("model", name);
    source.put("texts", String.valueOf(file.getFileName()));
    source.put("sha256", sha256(file));
    HeadAnalysis analysis = resumed(state, source);
    long done = analysis.texts();
    try (TextSource loaded = open(name)) {
      long[] saved = {System.nanoTime()};
      long[] seen = {0};
      TextLines.read(
          file,
          (line, text) -> {
            if (text.isBlank() || seen[0]++ < done) {
              return;
            }
            terminal.progress(seen[0] + " of " + total + " texts");
            analysis.add(of(file, line, () -> loaded.trace(text)));
            if (System.nanoTime() - saved[0] > BETWEEN_SAVES.toNanos()) {
              new AnalysisFile(source, analysis).write(state);
              saved[0] = System.nanoTime();
            }
          });
    }
    return new AnalysisFile(source, analysis);
  }

  /** How many texts a file has: one at least, or there is nothing to say. */
  private static long texts(Path file) throws IOException {
    long[] count = {0};
    TextLines.read(file, (_, text) -> count[0] += text.isBlank() ? 0 : 1);
    if (count[0] == 0) {
      throw new IllegalArgumentException(file + ": expected a text, found only empty lines");
    }
    return count[0];
  }

  /** What comes of one text. */
  @FunctionalInterface
  private interface Step<T> {
    T take() throws IOException;
  }

  /** What comes of the text in a line; what is wrong with it is said with the line's number. */
  private static <T> T of(Path file, long line, Step<T> step) throws IOException {
    try {
      return step.take();
    } catch (IllegalArgumentException refused) {
      throw new IllegalArgumentException(file + ":" + line + ": " + refused.getMessage(), refused);
    }
  }

  private SyntacticRoles followed(Path file) throws IOException {
    List<Conllu.Sentence> sentences = Conllu.read(file);
    if (sentences.isEmpty()) {
      throw new IllegalArgumentException(file + ": expected a sentence, found none");
    }
    SyntacticRoles roles = new SyntacticRoles();
    try (TextSource loaded = open(modelName())) {
      for (int i = 0; i < sentences.size(); i++) {
        terminal.progress((i + 1) + " of " + sentences.size() + " sentences");
        roles.add(loaded.trace(sentences.get(i).text()), sentences.get(i));
      }
    }
    terminal.endProgress();
    return roles;
  }

  private Coreference resolved(Path file) throws IOException {
    List<CoreferenceText> read = CoreferenceText.read(file);
    if (read.isEmpty()) {
      throw new IllegalArgumentException(file + ": expected a text, found none");
    }
    Coreference coreferences = new Coreference();
    try (TextSource loaded = open(modelName())) {
      for (int i = 0; i < read.size(); i++) {
        terminal.progress((i + 1) + " of " + read.size() + " texts");
        CoreferenceText one = read.get(i);
        coreferences.add(loaded.trace(one.text()), one.words(), one.mentions());
      }
    }
    terminal.endProgress();
    return coreferences;
  }

  private List<SemanticAssociation> associated(Path file) throws IOException {
    List<List<SemanticAssociation>> scores = new ArrayList<>();
    long total = texts(file);
    try (TextSource loaded = open(modelName())) {
      TextLines.read(
          file,
          (line, text) -> {
            if (!text.isBlank()) {
              terminal.progress((scores.size() + 1) + " of " + total + " texts");
              AttentionTrace trace = of(file, line, () -> loaded.trace(text));
              scores.add(associated(trace, loaded.embeddings(text)));
            }
          });
    }
    terminal.endProgress();
    return SemanticAssociation.over(scores);
  }

  private static List<SemanticAssociation> associated(AttentionTrace trace, float[][] embeddings) {
    return trace.maps().stream()
        .filter(map -> map.queries().equals(map.keys()))
        .filter(map -> map.keys().size() == embeddings.length)
        .flatMap(map -> SemanticAssociation.of(map, embeddings).stream())
        .toList();
  }

  private TextSource open(String name) throws IOException {
    return TextSource.open(name, tokenizer, root.options(), providers);
  }

  private String modelName() {
    return model.orElseThrow(() ->
        new IllegalArgumentException(
            "model: expected --model beside --texts, --conllu or --coreference"));
  }

  private HeadAnalysis resumed(Path state, Map<String, String> source) throws IOException {
    if (!Files.exists(state)) {
      return HeadAnalysis.empty();
    }
    AnalysisFile before = AnalysisFile.read(state);
    if (!before.source().equals(source)) {
      throw new IllegalArgumentException(
          "out: "
              + state
              + " is another analysis, of "
              + before.source().entrySet().stream()
                  .filter(entry -> !entry.getKey().equals("sha256"))
                  .map(entry -> entry.getKey() + " " + entry.getValue())
                  .collect(Collectors.joining(", "))
              + ": name another folder with --out, or remove the file");
    }
    terminal.err().println("continuing after " + before.analysis().texts() + " texts");
    return before.analysis();
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private void print(HeadAnalysis analysis) {
    List<RoleScore> scores = all ? analysis.scores() : analysis.roles();
    terminal
        .out()
        .println(
            analysis.texts()
                + (analysis.texts() == 1 ? " text, " : " texts, ")
                + analysis.heads().size()
                + " heads");
    if (scores.isEmpty()) {
      terminal.out().println("no head does anything clearly above its baseline");
      return;
    }
    terminal
        .out()
        .println(
            line("role", "head", "score", "baseline", "surprise", "rows", "seen most clearly in"));
    scores.stream().limit(LINES).forEach(score -> terminal.out().println(line(score)));
    if (scores.size() > LINES) {
      terminal.out().println("and " + (scores.size() - LINES) + " more, see the file");
    }
  }

  private static String line(RoleScore score) {
    return line(
        score.role().text() + (score.detail().isEmpty() ? "" : " " + score.detail()),
        score.head().toString(),
        number(score.score()),
        number(score.baseline()),
        number(score.surprise()),
        Long.toString(score.tally().rows()),
        cell(score.cells(), score.small()));
  }

  /** Where it is seen most clearly, and whether that is of few rows. */
  static String cell(List<Cell> cells, boolean small) {
    String strongest = cell(cells);
    return small ? (strongest + " small sample").strip() : strongest;
  }

  private static String cell(List<Cell> cells) {
    return cells.stream()
        .findFirst()
        .map(strongest ->
            String.format(
                Locale.ROOT,
                "'%s' -> '%s' %.2f (text %d, %d -> %d)",
                shown(strongest.queryToken()),
                shown(strongest.keyToken()),
                strongest.weight(),
                strongest.text(),
                strongest.query(),
                strongest.key()))
        .orElse("");
  }

  private static String shown(String token) {
    return visible(token, 20);
  }

  /** Tokens are data: what would steer the terminal is not passed on. */
  static String visible(String token, int most) {
    String visible = token.replaceAll("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]", "\uFFFD");
    return visible.length() <= most ? visible : visible.substring(0, most) + "…";
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  private static String line(
      String role,
      String head,
      String score,
      String baseline,
      String surprise,
      String rows,
      String cell) {
    return String.format(
            Locale.ROOT,
            "%-21s %-19s %6s %9s %9s %6s  %s",
            role,
            head,
            score,
            baseline,
            surprise,
            rows,
            cell)
        .stripTrailing();
  }
}
