package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import org.jspecify.annotations.Nullable;

/// A request on the reference provider; there is nothing to prepare.
final class ReferenceAttention implements Attention {
  private final Request request;
  private volatile boolean closed;

  ReferenceAttention(Request request) {
    this.request = request;
  }

  @Override
  public Request request() {
    return request;
  }

  @Override
  public String device() {
    return ReferenceProvider.DEVICE;
  }

  @Override
  public Result run(Inputs inputs) {
    return compute(inputs, null);
  }

  @Override
  public Result run(Inputs inputs, Result into) {
    return compute(inputs, into);
  }

  private Result compute(Inputs inputs, @Nullable Result into) {
    if (closed) {
      throw new IllegalStateException("attention: was closed");
    }
    return Families.run(request.mechanism(), request.captures(), Arguments.of(inputs))
        .toResult(into);
  }

  @Override
  public void close() {
    closed = true;
  }
}
