package io.github.attention4j.cpu.kernel;

import java.util.Arrays;

/// What one run at a time works in: a panel for each worker and a ring of packed heads. Kept
/// between runs.
final class Workspace {
  private Panel[] panels = new Panel[0];
  private PackedHead[] heads = new PackedHead[0];
  private int ring;

  /// Makes room for this many workers and packed heads.
  void prepare(int workers, int packedHeads) {
    if (panels.length < workers) {
      int from = panels.length;
      panels = Arrays.copyOf(panels, workers);
      for (int i = from; i < workers; i++) {
        panels[i] = new Panel();
      }
    }
    if (heads.length < packedHeads) {
      int from = heads.length;
      heads = Arrays.copyOf(heads, packedHeads);
      for (int i = from; i < packedHeads; i++) {
        heads[i] = new PackedHead();
      }
    }
    ring = packedHeads;
    for (int i = 0; i < packedHeads; i++) {
      heads[i].packed.set(0);
      heads[i].used.set(0);
    }
  }

  /// The panel of a worker.
  Panel panel(int worker) {
    return panels[worker];
  }

  /// The place in the ring of a unit.
  PackedHead head(int unit) {
    return heads[unit % ring];
  }

  /// Places in the ring.
  int heads() {
    return ring;
  }
}
