/// What attention maps say in words and in the terminal.
@NullMarked
package io.github.attention4j.viz.explain;

import org.jspecify.annotations.NullMarked;
