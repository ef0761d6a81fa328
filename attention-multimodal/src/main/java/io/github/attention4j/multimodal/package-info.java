/// Models that read texts, images and sound, run from their checkpoints, with the attention they
/// paid.
@NullMarked
package io.github.attention4j.multimodal;

import org.jspecify.annotations.NullMarked;
