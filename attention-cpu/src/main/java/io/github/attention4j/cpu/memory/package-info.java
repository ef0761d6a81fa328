/// External memories: exact in the heap, approximate in an index on disk. Nothing here needs the
/// Vector API.
@NullMarked
package io.github.attention4j.cpu.memory;

import org.jspecify.annotations.NullMarked;
