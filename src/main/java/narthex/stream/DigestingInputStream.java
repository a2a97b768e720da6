package narthex.stream;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * Counts and hashes the bytes of another stream. Closing it closes the other stream; count and
 * digest remain available. For one thread.
 */
public final class DigestingInputStream extends PassingInputStream {
  private final MessageDigest sha256 = Sha256.newDigest();
  private long count;
  private @Nullable Sha256 digest;

  /** Wraps a stream, which is closed with this one. */
  public DigestingInputStream(InputStream in) {
    super(in);
  }

  /** The number of bytes read so far. */
  public long count() {
    return count;
  }

  /**
   * The SHA-256 of the bytes read. The first call ends hashing: reading more bytes then throws
   * {@link IllegalStateException}, and further calls return the same hash.
   */
  public Sha256 digest() {
    Sha256 known = digest;
    if (known == null) {
      known = Sha256.of(sha256.digest());
      digest = known;
    }
    return known;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int read = in.read(buffer, offset, length);
    if (read > 0) {
      if (digest != null) {
        throw new IllegalStateException("read after digest()");
      }
      sha256.update(buffer, offset, read);
      count += read;
    }
    return read;
  }
}
