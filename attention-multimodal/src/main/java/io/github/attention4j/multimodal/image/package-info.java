/// Pictures: decoding, and the preprocessing that published vision towers expect.
@NullMarked
package io.github.attention4j.multimodal.image;

import org.jspecify.annotations.NullMarked;
