/// Attention through ONNX: the provider `onnx`, its options, and the exporter.
@NullMarked
package io.github.attention4j.onnx;

import org.jspecify.annotations.NullMarked;
