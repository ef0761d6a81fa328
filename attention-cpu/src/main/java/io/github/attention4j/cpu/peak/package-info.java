/// The ceilings of this machine, measured: fused multiply-adds and reads per second.
@NullMarked
package io.github.attention4j.cpu.peak;

import org.jspecify.annotations.NullMarked;
