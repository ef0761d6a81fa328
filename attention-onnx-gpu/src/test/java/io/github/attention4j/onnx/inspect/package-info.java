/// Tests of the inspector.
@NullMarked
package io.github.attention4j.onnx.inspect;

import org.jspecify.annotations.NullMarked;
