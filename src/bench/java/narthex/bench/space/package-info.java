/**
 * Benchmarks of space: collection, compaction and eviction on many rows and on real bytes, and a
 * soak test of the limit of space. The main class is {@link narthex.bench.space.SpaceBench}.
 */
@NullMarked
package narthex.bench.space;

import org.jspecify.annotations.NullMarked;
