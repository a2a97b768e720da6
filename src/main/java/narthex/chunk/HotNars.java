package narthex.chunk;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Caches the verified bytes of small chunked NARs, decoded and as frames. Most NARs are small, and
 * opening a pack and a decoder for one takes longer than sending it. The bytes belong to one
 * manifest, so a NAR that is stored again is read again. Bounded in bytes. Thread-safe.
 */
public final class HotNars {
  /** Longest NAR, or frames of a NAR, that is cached. */
  static final int MOST_BYTES = 128 << 10;

  /** Limit of all cached bytes. */
  private static final long ALL_BYTES = 12 << 20;

  private static final int ENTRY_BYTES = 256;

  private final Cache<Key, byte[]> cache;

  /** What is cached of a NAR. */
  enum Form {
    DECODED,
    FRAMES,
    STORED_FRAMES
  }

  /** Manifests are compared by identity. */
  private record Key(ChunkedManifest manifest, Form form) {}

  /**
   * @param ttl how long to keep the bytes of a NAR; zero to keep none
   */
  public HotNars(Duration ttl) {
    this.cache =
        Caffeine.newBuilder()
            .maximumWeight(ALL_BYTES)
            .<Key, byte[]>weigher((key, bytes) -> ENTRY_BYTES + bytes.length)
            .expireAfterWrite(ttl)
            .executor(Runnable::run)
            .build();
  }

  /** Opens a stream from its beginning. */
  @FunctionalInterface
  interface Opener {
    InputStream open() throws IOException;
  }

  /**
   * Opens a small NAR at an offset. Reads all of it first if it isn't cached. The caller closes the
   * stream.
   */
  InputStream open(ChunkedManifest manifest, Form form, long from, Opener opener)
      throws IOException {
    Key key = new Key(manifest, form);
    byte @Nullable [] bytes = cache.getIfPresent(key);
    if (bytes == null) {
      try (InputStream in = opener.open()) {
        bytes = in.readAllBytes();
      }
      cache.put(key, bytes);
    }
    return new ByteArrayInputStream(bytes, (int) from, bytes.length - (int) from);
  }
}
