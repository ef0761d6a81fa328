package io.github.attention4j.viz.conform;

import io.github.attention4j.api.Shape;

/// What an array must be.
///
/// @param shape its shape
/// @param values its elements in row-major order; booleans are 0 and 1
/// @param exact whether elements must be equal (integers and booleans) instead of close
@SuppressWarnings("ArrayRecordComponent") // Values are compared by Comparison, never as a record.
public record Expected(Shape shape, double[] values, boolean exact) {}
