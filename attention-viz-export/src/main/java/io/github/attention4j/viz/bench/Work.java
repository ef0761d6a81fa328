package io.github.attention4j.viz.bench;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Request;

/// Something to run.
record Work(Request request, Inputs inputs) {}
