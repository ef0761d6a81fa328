/// Published architectures as networks: each reads its settings and parameters from a checkpoint
/// and wires the layers of `api.network`.
@NullMarked
package io.github.attention4j.multimodal.architecture;

import org.jspecify.annotations.NullMarked;
