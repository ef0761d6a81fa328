/// Whole models as values: a [io.github.attention4j.api.network.Network] is a list of named layers,
/// compiled by a provider into a [io.github.attention4j.api.network.Program].
@NullMarked
package io.github.attention4j.api.network;

import org.jspecify.annotations.NullMarked;
