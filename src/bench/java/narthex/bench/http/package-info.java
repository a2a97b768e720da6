/**
 * Narthex beside nginx: the same bytes, the same machine, in turns, in one run. {@link
 * narthex.bench.http.HttpBench} is the program; it starts and ends everything that it measures, on
 * the loopback address only.
 */
@NullMarked
package narthex.bench.http;

import org.jspecify.annotations.NullMarked;
