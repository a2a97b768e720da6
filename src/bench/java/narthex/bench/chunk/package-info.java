/**
 * Benchmarks of content-defined chunking without a server: the speed of chunking NARs, and the
 * saved storage. The main class is {@link narthex.bench.chunk.ChunkBench}.
 */
@NullMarked
package narthex.bench.chunk;

import org.jspecify.annotations.NullMarked;
