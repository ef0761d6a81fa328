/// Structured normalizers: marginals of chains and trees, in float64 and log space, for every
/// execution in this module.
///
/// They are sequential recursions over few variables, so the precision costs little, and both
/// executions use the same code.
@NullMarked
package io.github.attention4j.cpu.structure;

import org.jspecify.annotations.NullMarked;
