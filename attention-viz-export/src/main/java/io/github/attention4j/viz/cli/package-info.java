/// The command line: one class per command.
@NullMarked
package io.github.attention4j.viz.cli;

import org.jspecify.annotations.NullMarked;
