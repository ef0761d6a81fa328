/// Files that hold arrays and models: safetensors, NumPy's npy and npz, and checkpoint folders. No
/// format here can carry code.
@NullMarked
package io.github.attention4j.multimodal.checkpoint;

import org.jspecify.annotations.NullMarked;
