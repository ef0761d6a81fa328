/// What every execution in this module agrees on before it computes: validated sizes, positions,
/// broadcasting, scope membership, and the arrays a run returns.
@NullMarked
package io.github.attention4j.cpu.plan;

import org.jspecify.annotations.NullMarked;
