/**
 * Compares Narthex with nginx: the same bytes on the same machine, in turns, in one run. The main
 * class is {@link narthex.bench.http.HttpBench}; it starts and stops all servers, on the loopback
 * address only.
 */
@NullMarked
package narthex.bench.http;

import org.jspecify.annotations.NullMarked;
