/**
 * Streams that check, limit, decode and encode, and the memory budget of decoders.
 *
 * <p>May import: {@code narthex.nix}, and the codec libraries (XZ for Java, zstd-jni, Commons
 * Compress, Brotli).
 *
 * <p>A stream that is truncated, corrupt or too long fails with an {@link java.io.IOException}; no
 * stream of this package ever ends cleanly at the wrong place.
 */
@NullMarked
package narthex.stream;

import org.jspecify.annotations.NullMarked;
