/// Sound: WAV files, resampling, Whisper's log-mel spectrogram, and the alignment of tokens with
/// time.
@NullMarked
package io.github.attention4j.multimodal.audio;

import org.jspecify.annotations.NullMarked;
