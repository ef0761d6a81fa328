package io.github.attention4j.viz.conform;

import java.util.List;

/** The provider cannot run what a case asks for. */
final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RefusedException(List<String> reasons) {
    super(String.join("; ", reasons));
  }
}
