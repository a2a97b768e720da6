package narthex.document;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.OptionalLong;
import narthex.nix.Sha256;

/** A small document as it was made for the client. */
final class SignedDocument implements OpenDocument {
  private final byte[] bytes;
  private final Sha256 hash;

  /** Takes the array over. */
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
    // there is nothing to free
  }
}
