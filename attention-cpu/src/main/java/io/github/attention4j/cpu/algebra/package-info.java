/// Dense linear algebra on small float64 matrices.
@NullMarked
package io.github.attention4j.cpu.algebra;

import org.jspecify.annotations.NullMarked;
