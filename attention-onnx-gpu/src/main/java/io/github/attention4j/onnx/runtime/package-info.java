/// ONNX Runtime sessions, devices, and arrays in and out without a copy.
@NullMarked
package io.github.attention4j.onnx.runtime;

import org.jspecify.annotations.NullMarked;
