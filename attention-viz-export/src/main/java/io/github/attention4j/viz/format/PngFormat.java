package io.github.attention4j.viz.format;

import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.checkpoint.AtomicFile;
import io.github.attention4j.viz.report.Png;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/// A heat map as PNG: cells only, every one a square of equal size; for labels there is SVG.
final class PngFormat implements TraceFormat {
  private static final int MOST_PIXELS = 16_000;
  private static final int SIZE = 800;

  @Override
  public String id() {
    return "png";
  }

  @Override
  public String suffix() {
    return "png";
  }

  @Override
  public String description() {
    return "heat map without labels: down = query, across = key";
  }

  @Override
  public void write(AttentionTrace trace, FormatOptions options, Path file) throws IOException {
    MeanMap map = MeanMap.of(trace, options);
    int side = Math.max(map.queries(), map.keys());
    if (map.queries() == 0 || map.keys() == 0 || side > MOST_PIXELS) {
      throw new IllegalArgumentException(
          "trace: expected 1 to "
              + MOST_PIXELS
              + " queries and keys for a picture, got "
              + map.queries()
              + " and "
              + map.keys());
    }
    int cell = Math.max(1, SIZE / side);
    int width = map.keys() * cell;
    byte[] pixels = new byte[3 * width * map.queries() * cell];
    int at = 0;
    for (int y = 0; y < map.queries() * cell; y++) {
      for (int x = 0; x < width; x++) {
        int colour = map.colour(y / cell, x / cell);
        pixels[at++] = (byte) (colour >> 16);
        pixels[at++] = (byte) (colour >> 8);
        pixels[at++] = (byte) colour;
      }
    }
    byte[] png = Png.of(width, map.queries() * cell, pixels);
    AtomicFile.write(file, channel -> writeFully(channel, png));
  }

  private static void writeFully(FileChannel channel, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}
