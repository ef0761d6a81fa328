/// The operator tests of the ONNX standard, run through this project's semantics.
///
/// Reached through [io.github.attention4j.api.spi.OperatorConformance]. `NodeTest` reads a test; a
/// `NodeMapping` turns the arrays of one operator into a request or network and its results back; a
/// graph of primitive operators runs on ONNX Runtime.
@NullMarked
package io.github.attention4j.onnx.conform;

import org.jspecify.annotations.NullMarked;
