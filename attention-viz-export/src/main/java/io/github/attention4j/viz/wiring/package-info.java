/// Assembles the command line: binds what `ServiceLoader` found.
@NullMarked
package io.github.attention4j.viz.wiring;

import org.jspecify.annotations.NullMarked;
