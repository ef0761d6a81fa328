/// Captured attention maps with the labels of both sides.
@NullMarked
package io.github.attention4j.api.trace;

import org.jspecify.annotations.NullMarked;
