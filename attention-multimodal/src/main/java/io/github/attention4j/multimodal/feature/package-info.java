/// Blocks for features of your own: cross-attention between any two sequences, co-attention,
/// pooling and resampling, as networks that every provider runs.
@NullMarked
package io.github.attention4j.multimodal.feature;

import org.jspecify.annotations.NullMarked;
