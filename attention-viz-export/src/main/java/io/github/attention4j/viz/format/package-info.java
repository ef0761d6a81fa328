/// Attention traces as files, for this program and for others.
@NullMarked
package io.github.attention4j.viz.format;

import org.jspecify.annotations.NullMarked;
