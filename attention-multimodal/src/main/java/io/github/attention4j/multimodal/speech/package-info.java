/// Speech to text as Whisper does it: windows over sound of any length, rules on logits, searches,
/// words with times, and subtitles.
@NullMarked
package io.github.attention4j.multimodal.speech;

import org.jspecify.annotations.NullMarked;
