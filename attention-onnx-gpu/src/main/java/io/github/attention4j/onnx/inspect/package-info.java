/// Finds attention in ONNX models of other makers and shows its probabilities.
///
/// Reached through [io.github.attention4j.api.spi.ModelInspector]. The way from a file to maps:
/// `ModelFile` reads and checks it, `Graph` indexes it, the finders recognise sites, `Streams`
/// labels them, `Extension` appends what must be read to the file's bytes, and each site's
/// `Reading` turns what a run gave into a map with its `Proof`.
@NullMarked
package io.github.attention4j.onnx.inspect;

import org.jspecify.annotations.NullMarked;
