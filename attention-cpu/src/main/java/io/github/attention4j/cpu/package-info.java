/// The provider on the Vector API.
@NullMarked
package io.github.attention4j.cpu;

import org.jspecify.annotations.NullMarked;
