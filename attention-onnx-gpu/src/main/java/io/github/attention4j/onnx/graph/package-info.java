/// A small language for writing ONNX graphs: values with operators, named stages, subgraphs.
@NullMarked
package io.github.attention4j.onnx.graph;

import org.jspecify.annotations.NullMarked;
