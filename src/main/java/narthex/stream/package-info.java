/**
 * Streams that check, bound, decode and encode.
 *
 * <p>May import: {@code narthex.nix}, and the codec libraries (XZ for Java, zstd-jni, Commons
 * Compress, Brotli).
 *
 * <p>A stream that was truncated, corrupted or is longer than allowed fails with an {@link
 * java.io.IOException}; none of these streams ever ends cleanly at the wrong place.
 */
@NullMarked
package narthex.stream;

import org.jspecify.annotations.NullMarked;
