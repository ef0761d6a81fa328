/// The provider `reference`: scalar float64 arithmetic that reads like the formulas in the Javadoc
/// of [io.github.attention4j.api.Mechanism]. It is what faster executions are measured against, and
/// is never tuned.
@NullMarked
package io.github.attention4j.cpu.reference;

import org.jspecify.annotations.NullMarked;
