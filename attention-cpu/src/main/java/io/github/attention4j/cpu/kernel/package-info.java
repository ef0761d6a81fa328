/// The fast path of the CPU provider: packing, register-blocked micro-kernels, and the drivers that
/// are only loops around them.
///
/// Inputs and outputs are native segments, everything between is `float[]`; a kernel that sees both
/// loses speed. Queries stand in vector lanes: a *panel* is up to three vectors of queries, and
/// every array of a panel is stored `[row][lane]`, so that a softmax over keys runs down the rows
/// and needs no horizontal step.
@NullMarked
package io.github.attention4j.cpu.kernel;

import org.jspecify.annotations.NullMarked;
