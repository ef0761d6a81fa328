/// CLIP on pictures and captions as files: probabilities, and where the image tower looks.
@NullMarked
package io.github.attention4j.multimodal.clip;

import org.jspecify.annotations.NullMarked;
