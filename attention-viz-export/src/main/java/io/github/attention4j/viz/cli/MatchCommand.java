package io.github.attention4j.viz.cli;

import io.github.attention4j.multimodal.clip.ClipModel;
import io.github.attention4j.multimodal.clip.EncodedCaptions;
import io.github.attention4j.multimodal.clip.ImageTextMatch;
import io.github.attention4j.multimodal.clip.ImageView;
import io.github.attention4j.multimodal.clip.TextView;
import io.github.attention4j.multimodal.image.Picture;
import io.github.attention4j.viz.explain.MatchTrace;
import io.github.attention4j.viz.explain.PatchPicture;
import io.github.attention4j.viz.format.TraceFile;
import io.github.attention4j.viz.report.Report;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "match",
    header = "Says which of several captions fits a picture, and where a CLIP model looks for it.",
    description = {
      "Prints the probability of every caption (zero-shot classification), where the class token of the image tower looks "
          + "(in its last layer, and rolled out over all), and for each caption the patches that speak for it: the exact share "
          + "of its logit that attention to each patch contributes directly, no gradients, no attention map of the model. Writes "
          + "report.html, where all of it lies over the picture, and trace.safetensors.",
      "",
      "The folder is one as published: config.json, model.safetensors (or shards), tokenizer.json, preprocessor_config.json. "
          + "Nothing else is read, and no pickle ever.",
      "",
      "Pictures are PNG, JPEG, GIF, BMP or TIFF files.",
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  attention match cat.jpg \"a cat\" \"a dog\" --model clip-vit-base-patch32/",
      "  attention match 1.png --image 2.png \"a boat\" \"a plane\" --model clip-folder/",
    })
final class MatchCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final ProviderSource providers;

  @ParentCommand private RootCommand root;

  @Parameters(index = "0", paramLabel = "IMAGE", description = "The picture.")
  private Path image = Path.of("");

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "CAPTION",
      description = "The captions to choose from, one at least.")
  private List<String> captions = new ArrayList<>();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "A folder with a CLIP model.")
  private Path model = Path.of("");

  @Option(
      names = "--image",
      paramLabel = "FILE",
      description = "A further picture; may be repeated. Files are then numbered: report-1.html …")
  private List<Path> more = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "attention-out",
      description = "The folder for what is written (${DEFAULT-VALUE}).")
  private Path out = Path.of("attention-out");

  @Option(
      names = "--truncate",
      description = "Cut captions that are longer than the model reads, instead of refusing them.")
  private boolean truncate;

  @Inject
  MatchCommand(Terminal terminal, ProviderSource providers) {
    this.terminal = terminal;
    this.providers = providers;
  }

  @Override
  public Integer call() throws IOException {
    List<Path> images = new ArrayList<>(List.of(image));
    images.addAll(more);
    List<Picture> pictures = new ArrayList<>();
    for (Path file : images) {
      pictures.add(Picture.read(file));
    }
    OutputFolder folder = OutputFolder.prepare(out);
    terminal.progress("loading " + model);
    try (ClipModel clip = ClipModel.load(model, root.options().execution(providers))) {
      EncodedCaptions encoded = clip.encode(captions, truncate);
      terminal.progress("reading captions on " + clip.device());
      TextView texts = clip.read(encoded);
      List<Path> written = new ArrayList<>();
      for (int i = 0; i < images.size(); i++) {
        terminal.progress("looking at " + images.get(i));
        ImageView look = clip.look(pictures.get(i));
        ImageTextMatch match = clip.match(look, texts);
        MatchTrace trace =
            MatchTrace.of(match, texts, images.get(i).toString(), model.toString(), clip.device());
        String number = images.size() == 1 ? "" : "-" + (i + 1);
        Path report = folder.file("report" + number + ".html");
        Path arrays = folder.file("trace" + number + ".safetensors");
        TraceFile.write(trace.trace(), trace.arrays(), arrays);
        ShownPicture.in(Report.of(trace.trace()), pictures.get(i)).write(report);
        terminal.endProgress();
        if (i > 0) {
          terminal.out().println();
        }
        print(images.get(i), pictures.get(i), match, trace);
        written.add(report);
        written.add(arrays);
      }
      terminal.out().println();
      terminal.out().println("ran on " + clip.device());
      written.forEach(file -> terminal.out().println("wrote " + file));
      if (!clip.unusedTensors().isEmpty()) {
        terminal.err().println("tensors this network does not use: " + clip.unusedTensors());
      }
    }
    return ExitCode.OK;
  }

  private void print(Path file, Picture picture, ImageTextMatch match, MatchTrace trace) {
    terminal.out().println(file + ": " + picture.width() + " x " + picture.height());
    for (int caption : match.ranking()) {
      terminal
          .out()
          .println(
              String.format(
                  Locale.ROOT,
                  "%8.2f %%  %s   (logit %.3f, of which attention to patches %+.3f)",
                  100 * match.probabilities().get(caption),
                  match.captions().get(caption),
                  match.logits().get(caption),
                  match.total(caption)));
    }
    int columns = match.look().grid().columns();
    if (columns > PatchPicture.MOST_COLUMNS) {
      return;
    }
    terminal.out().println();
    terminal.out().println("where the class token looks, and what speaks for each caption:");
    List<PatchPicture.Grid> grids = new ArrayList<>();
    grids.add(new PatchPicture.Grid("last layer", weights(match.look().classAttention())));
    grids.add(new PatchPicture.Grid("rollout", trace.rollout()));
    for (int caption : match.ranking()) {
      grids.add(
          new PatchPicture.Grid(
              "“" + match.captions().get(caption) + "”", weights(match.patches(caption))));
    }
    PatchPicture.lines(grids, columns).forEach(line -> terminal.out().println("  " + line));
  }

  private static List<Double> weights(double[] values) {
    return Arrays.stream(values).boxed().toList();
  }
}
