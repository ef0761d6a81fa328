/// Mechanisms as ONNX graphs, one family per file.
@NullMarked
package io.github.attention4j.onnx.mechanism;

import org.jspecify.annotations.NullMarked;
