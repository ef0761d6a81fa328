/// Assembles models with Guice, for applications that use it; nothing else here needs it.
@NullMarked
package io.github.attention4j.multimodal.wiring;

import org.jspecify.annotations.NullMarked;
