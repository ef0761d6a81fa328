/// The examples of docs/multimodal.md.
@NullMarked
package io.github.attention4j.multimodal.example;

import org.jspecify.annotations.NullMarked;
