package narthex.blob;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Caches the bytes of small popular bodies: NARs as files, decoded, and as frames. Most NARs are
 * small, and opening a file, or a pack and a decoder, takes longer than sending one. Bounded in
 * bytes. Thread-safe.
 */
public final class HotBytes {
  /** Length of the longest body that is cached. */
  public static final int MOST_BYTES = 128 << 10;

  /** Limit of all cached bytes. */
  private static final long ALL_BYTES = 12 << 20;

  private static final int ENTRY_BYTES = 256;

  private final Cache<Object, byte[]> cache;

  /**
   * @param ttl how long to keep the bytes of a body; zero to keep none
   */
  public HotBytes(Duration ttl) {
    this.cache =
        Caffeine.newBuilder()
            .maximumWeight(ALL_BYTES)
            .<Object, byte[]>weigher((key, bytes) -> ENTRY_BYTES + bytes.length)
            .expireAfterWrite(ttl)
            .executor(Runnable::run)
            .build();
  }

  /** Whether the bytes of a body are cached now. */
  boolean has(Object key) {
    return cache.asMap().containsKey(key);
  }

  /** Opens a stream from its beginning. */
  @FunctionalInterface
  public interface Opener {
    InputStream open() throws IOException;
  }

  /**
   * Opens a body of at most {@link #MOST_BYTES} at an offset. Reads all of it first if it isn't
   * cached. The caller closes the stream.
   *
   * @param key belongs to these bytes only, as long as it is used
   */
  public InputStream open(Object key, long from, Opener opener) throws IOException {
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
