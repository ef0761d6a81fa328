package io.github.attention4j.viz.format;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.checkpoint.AtomicFile;
import io.github.attention4j.viz.report.EscapedJson;
import io.github.attention4j.viz.report.PageScript;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// A finished page in the style of BertViz' head view, with the parameters of [BertViz] inside and
/// a script of its own: no network.
final class BertVizPage implements TraceFormat {
  @Override
  public String id() {
    return "bertviz-page";
  }

  @Override
  public String suffix() {
    return "html";
  }

  @Override
  public String description() {
    return "page in the style of BertViz' head view, with its parameters inside; needs no network";
  }

  @Override
  public void write(AttentionTrace trace, FormatOptions options, Path file) throws IOException {
    String script = PageScript.resource(BertVizPage.class, "bertviz.mjs");
    String style = PageScript.resource(BertVizPage.class, "bertviz.css");
    AtomicFile.write(
        file,
        channel -> {
          OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
          print(
              out,
              "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta"
                  + " http-equiv=\"Content-Security-Policy\" content=\""
                  + PageScript.policy(script, style)
                  + "\">\n<title>Attention</title>\n<style>"
                  + style
                  + "</style>\n</head>\n<body>\n<div id=\"bertviz\"></div>\n"
                  + "<script type=\"application/json\" id=\"params\">");
          try (JsonGenerator json = EscapedJson.generator(out)) {
            new BertViz(false).write(trace, options, json);
          }
          print(
              out,
              "</script>\n<script type=\"module\">" + script + "</script>\n</body>\n</html>\n");
          out.flush();
        });
  }

  private static void print(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }
}
