/// Whole networks as one ONNX graph.
@NullMarked
package io.github.attention4j.onnx.network;

import org.jspecify.annotations.NullMarked;
