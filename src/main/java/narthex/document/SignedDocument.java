package narthex.document;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.OptionalLong;
import narthex.nix.Sha256;

/** A small document in memory that was signed for this response. */
final class SignedDocument implements OpenDocument {
  private final byte[] bytes;
  private final Sha256 hash;

  /** Takes ownership of the array. */
  SignedDocument(byte[] bytes) {
    this.bytes = bytes;
    this.hash = Sha256.hash(bytes);
  }

  @Override
  public Sha256 hash() {
    return hash;
  }

  @Override
  public long sizeBytes() {
    return bytes.length;
  }

  @Override
  public OptionalLong zstdSizeBytes() {
    return OptionalLong.empty();
  }

  @Override
  public InputStream plain() {
    return new ByteArrayInputStream(bytes);
  }

  @Override
  public InputStream zstd() {
    return plain();
  }

  @Override
  public void close() {
    // nothing to free
  }
}
