/// Text into tokens and back, by the tokenizers that are published beside models.
@NullMarked
package io.github.attention4j.multimodal.text;

import org.jspecify.annotations.NullMarked;
