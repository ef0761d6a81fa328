package io.github.attention4j.multimodal;

/** What lies between the turns of contestants in one JVM. */
public final class Turns {
  private static final long PAUSE_MILLIS = 60;

  private Turns() {}

  /**
   * Waits until nobody spins: threads of ONNX Runtime do for tens of milliseconds after a run, and
   * whoever came next would have a core less (docs/decisions/020).
   */
  public static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while measuring", interrupted);
    }
  }
}
