package io.github.attention4j.onnx.inspect;

/** Thrown where a run shows that a site's map cannot be given, with the reason. */
final class NotShownException extends RuntimeException {
  NotShownException(String reason) {
    super(reason);
  }
}
