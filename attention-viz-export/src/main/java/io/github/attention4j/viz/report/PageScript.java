package io.github.attention4j.viz.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/// What the page is made of: the modules of its script joined into one, its style, its skeleton.
///
/// A module imports names only from modules before it in [#MODULES], one import to a line, and no
/// two modules declare the same name; so joining them is leaving the import lines out.
public final class PageScript {
  static final List<String> MODULES =
      List.of(
          "codec.mjs",
          "weights.mjs",
          "scale.mjs",
          "dom.mjs",
          "segments.mjs",
          "place.mjs",
          "tokens.mjs",
          "svg.mjs",
          "store.mjs",
          "legend.mjs",
          "toolbar.mjs",
          "take.mjs",
          "bars.mjs",
          "heatmap.mjs",
          "matrix.mjs",
          "lines.mjs",
          "roles.mjs",
          "grid.mjs",
          "alignment.mjs",
          "overlay.mjs",
          "overview.mjs",
          "main.mjs");

  private PageScript() {}

  static String script() {
    return MODULES.stream().map(PageScript::module).collect(Collectors.joining("\n"));
  }

  private static String module(String name) {
    return resource(name)
        .lines()
        .filter(line -> !line.startsWith("import "))
        .map(line -> line.startsWith("export ") ? line.substring("export ".length()) : line)
        .collect(Collectors.joining("\n", "// " + name + "\n", "\n"));
  }

  static String style() {
    return resource("report.css");
  }

  static String skeleton() {
    return resource("report.html");
  }

  /// The source expression of a Content-Security-Policy that allows exactly this text.
  static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }

  /// The Content-Security-Policy of a page that may do nothing but run this script, use this style,
  /// and show images inside it.
  public static String policy(String script, String style) {
    return "default-src 'none'; script-src "
        + hash(script)
        + "; style-src "
        + hash(style)
        + "; img-src data: blob:; base-uri 'none'; form-action 'none'; require-trusted-types-for"
        + " 'script'; trusted-types 'none'";
  }

  static String resource(String name) {
    return resource(PageScript.class, name);
  }

  /// The text of a resource beside a class.
  public static String resource(Class<?> beside, String name) {
    try (InputStream stream = beside.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IllegalStateException("the resource " + name + " is missing");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
