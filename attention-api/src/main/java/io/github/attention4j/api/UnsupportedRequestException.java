package io.github.attention4j.api;

/// No provider can do what was asked; the message has the reasons of each.
public final class UnsupportedRequestException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /// With the reasons in the message.
  public UnsupportedRequestException(String message) {
    super(message);
  }
}
