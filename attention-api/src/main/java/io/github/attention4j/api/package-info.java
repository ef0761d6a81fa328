/// Attention mechanisms as values: [io.github.attention4j.api.Mechanism] says what to compute,
/// [io.github.attention4j.api.Request] what to return,
/// [io.github.attention4j.api.AttentionProviders] finds who computes it.
@NullMarked
package io.github.attention4j.api;

import org.jspecify.annotations.NullMarked;
