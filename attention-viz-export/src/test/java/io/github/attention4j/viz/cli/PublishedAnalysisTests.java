package io.github.attention4j.viz.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.viz.analysis.AnalysisFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Head analysis of models of other makers over texts, through the real entry point. */
final class PublishedAnalysisTests {
  private static final Path BERT =
      Path.of(
          "../attention-onnx-gpu/src/test/resources/inspect/bert-sdpa-dynamo20-dynamic/model.onnx");
  private static final Path FOLDER =
      Path.of(
          "../attention-multimodal/src/test/resources/io/github/attention4j/multimodal/fixtures/bert");

  @TempDir Path folder;

  private CommandLineRun analyze(Object... arguments) throws IOException {
    Path tokenizer = folder.resolve("tokenizer.json");
    if (!Files.exists(tokenizer)) {
      TinyTokenizers.wordPiece(folder);
    }
    Object[] all = new Object[arguments.length + 3];
    all[0] = "analyze";
    all[1] = "--tokenizer";
    all[2] = tokenizer;
    System.arraycopy(arguments, 0, all, 3, arguments.length);
    return CommandLineRun.of(all);
  }

  private Path texts() throws IOException {
    return Files.write(
        folder.resolve("texts.txt"),
        List.of("the cat sat on a mat.", "", "the dogs ran and played", "a good dog, a good cat"));
  }

  @Test
  void anOnnxFileAndACheckpointAgreeAndGoOnWhereTheyStopped() throws IOException {
    Path texts = texts();
    Path first = folder.resolve("onnx");
    CommandLineRun run = analyze("--texts", texts, "--model", BERT, "--out", first, "--all");
    assertEquals(0, run.exitCode(), run::err);
    assertTrue(run.out().contains("3 texts, 8 heads"), run::out);
    run = analyze("--texts", texts, "--model", BERT, "--out", first);
    assertTrue(run.err().contains("continuing after 3 texts"), run::err);
    Path second = folder.resolve("checkpoint");
    run = analyze("--texts", texts, "--model", FOLDER, "--out", second);
    assertEquals(0, run.exitCode(), run::err);
    double onnx =
        AnalysisFile.read(first.resolve("analysis.json")).analysis().scores().getFirst().score();
    double cpu =
        AnalysisFile.read(second.resolve("analysis.json")).analysis().scores().getFirst().score();
    assertEquals(onnx, cpu, 1e-5);
  }

  @Test
  void coreferenceStandsBesideTheNearestMention() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("clusters.jsonl"),
            """
            {"sentences":[["The","cat","sat","."],["A","dog","played","and","the","cat","ran"]],"clusters":[[[0,1],[8,9]],[[4,5]]]}
            """);
    CommandLineRun run = analyze("--coreference", file, "--model", BERT, "--all");
    assertEquals(0, run.exitCode(), run::err);
    assertEquals(9, run.outLines().size(), run::out);
    assertTrue(run.out().contains("encoder 0.0"), run::out);
    assertTrue(run.out().matches("(?s).* 0\\.000        1  \\S.* small sample\\R.*"), run::out);
    Files.writeString(file, "{\"sentences\":[[\"the\"]],\"clusters\":[[[0,3]]]}\n");
    run = analyze("--coreference", file, "--model", BERT);
    assertEquals(2, run.exitCode());
    assertTrue(run.err().contains("clusters.jsonl:1: expected spans within 1 words"), run::err);
  }

  @Test
  void syntaxIsFollowedThroughPieces() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("trees.conllu"),
            """
            1\tthe\t_\t_\t_\t_\t2\tdet\t_\t_
            2\tdogs\t_\t_\t_\t_\t3\tnsubj\t_\t_
            3\tplayed\t_\t_\t_\t_\t0\troot\t_\t_

            """);
    CommandLineRun run = analyze("--conllu", file, "--model", BERT, "--all");
    assertEquals(0, run.exitCode(), run::err);
    assertTrue(run.out().contains("nsubj"), run::out);
    assertTrue(run.out().contains("'dogs' -> 'played'"), run::out);
  }

  @Test
  void closenessIsOfTheModelsOwnEmbeddings() throws IOException {
    for (Object model : List.of(BERT, FOLDER)) {
      CommandLineRun run = analyze("--texts", texts(), "--semantic", "--all", "--model", model);
      assertEquals(0, run.exitCode(), run::err);
      assertEquals(9, run.outLines().size(), run::out);
      assertTrue(run.out().contains("baseline"), run::out);
    }
    CommandLineRun refused =
        CommandLineRun.of("analyze", "--texts", texts(), "--semantic", "--model", "induction");
    assertEquals(2, refused.exitCode(), refused::out);
    assertTrue(refused.err().contains("whose embeddings are known"), refused::err);
  }
}
