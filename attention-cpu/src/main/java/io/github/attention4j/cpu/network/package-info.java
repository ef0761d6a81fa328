/// Networks on the vector kernels: a compiled list of operations on native memory, weights packed
/// once, buffers used again as soon as nobody reads them.
@NullMarked
package io.github.attention4j.cpu.network;

import org.jspecify.annotations.NullMarked;
