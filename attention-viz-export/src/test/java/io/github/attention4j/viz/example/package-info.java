/// A provider as somebody else would write it: this package uses nothing but the API.
@NullMarked
package io.github.attention4j.viz.example;

import org.jspecify.annotations.NullMarked;
