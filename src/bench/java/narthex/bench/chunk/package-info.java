/**
 * Content-defined chunking without a server: how fast NARs become chunks, and how much less is
 * stored. {@link narthex.bench.chunk.ChunkBench} is the program.
 */
@NullMarked
package narthex.bench.chunk;

import org.jspecify.annotations.NullMarked;
