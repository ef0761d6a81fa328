/// What a provider implements. Users of attention do not need this package.
@NullMarked
package io.github.attention4j.api.spi;

import org.jspecify.annotations.NullMarked;
