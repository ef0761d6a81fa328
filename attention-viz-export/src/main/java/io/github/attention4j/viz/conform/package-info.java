/// The compatibility kit: golden cases of every mechanism, mapped to requests and networks, run on
/// any provider, compared.
@NullMarked
package io.github.attention4j.viz.conform;

import org.jspecify.annotations.NullMarked;
