package io.github.attention4j.viz.conform;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.spi.AttentionProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Runs what a mapping made of a case on one provider; a refusal is a {@link RefusedException}. */
final class Execution {
  private final AttentionProvider provider;
  private final List<String> notes = new ArrayList<>();
  private String device = "";

  Execution(AttentionProvider provider) {
    this.provider = provider;
  }

  /** Runs a mechanism with those of the wanted captures that the provider does not refuse. */
  Result run(Mechanism mechanism, Inputs inputs, Capture... wanted) {
    Request request = Request.of(mechanism);
    refuse(provider.unsupported(request));
    for (Capture capture : wanted) {
      Request more = request.capture(capture);
      List<String> reasons = provider.unsupported(more);
      if (reasons.isEmpty()) {
        request = more;
      } else {
        notes.add("without " + capture + ": " + String.join("; ", reasons));
      }
    }
    try (Attention attention = provider.prepare(request)) {
      device = attention.device();
      return attention.run(inputs);
    }
  }

  /** Runs a mechanism; a capture that the provider refuses refuses the case. */
  Result require(Mechanism mechanism, Inputs inputs, Capture... required) {
    Request request = Request.of(mechanism).capture(required);
    refuse(provider.unsupported(request));
    try (Attention attention = provider.prepare(request)) {
      device = attention.device();
      return attention.run(inputs);
    }
  }

  /** Compiles a network, with the maps of all its attention layers. */
  Program compile(Network network) {
    refuse(provider.unsupported(network));
    Program program = provider.compile(network, Set.copyOf(network.attentionNodes()));
    device = program.device();
    return program;
  }

  /** Runs a network once, with the maps of all its attention layers. */
  Result run(Network network, Inputs inputs) {
    try (Program program = compile(network)) {
      return program.run(inputs);
    }
  }

  /** What was left out, and why. */
  List<String> notes() {
    return notes;
  }

  /** What ran last, as the provider says. */
  String device() {
    return device;
  }

  private static void refuse(List<String> reasons) {
    if (!reasons.isEmpty()) {
      throw new RefusedException(reasons);
    }
  }
}
