/// The report: one HTML file that shows a trace, offline and without a server.
///
/// The page's script stands beside this package's resources as small ES modules; they are joined
/// into the page and named in its Content-Security-Policy by hash.
@NullMarked
package io.github.attention4j.viz.report;

import org.jspecify.annotations.NullMarked;
