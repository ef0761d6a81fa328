/// What attention heads do: scores with their baselines, on any trace.
///
/// [io.github.attention4j.viz.analysis.HeadAnalysis] is the entry point; its aggregates merge, so
/// that a million texts need no more memory than one.
@NullMarked
package io.github.attention4j.viz.analysis;

import org.jspecify.annotations.NullMarked;
