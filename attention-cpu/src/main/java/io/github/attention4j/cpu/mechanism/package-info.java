/// Mechanisms other than pairwise softmax on the Vector API, float32, in time and memory linear in
/// the length where the mechanism allows it.
@NullMarked
package io.github.attention4j.cpu.mechanism;

import org.jspecify.annotations.NullMarked;
