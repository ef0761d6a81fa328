/// Measures providers: the grid of `attention bench`, the comparison of mechanisms, and what is
/// made of the figures.
@NullMarked
package io.github.attention4j.viz.bench;

import org.jspecify.annotations.NullMarked;
