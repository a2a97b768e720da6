package narthex.document;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.OptionalLong;
import narthex.db.DocumentRow;
import narthex.nix.Compression;
import narthex.nix.Sha256;
import narthex.stream.BoundedInputStream;
import narthex.stream.DecoderShare;
import narthex.stream.PassingInputStream;
import org.jspecify.annotations.Nullable;

/** A document that is read from the blob store. */
final class StoredDocument implements OpenDocument {
  private final DocumentRow row;
  private final InputStream frame;
  private final DecoderShare decoders;
  private @Nullable InputStream decoded;

  /** Takes ownership of the frame and closes it. */
  StoredDocument(DocumentRow row, InputStream frame, DecoderShare decoders) {
    this.row = row;
    this.frame = frame;
    this.decoders = decoders;
  }

  @Override
  public Sha256 hash() {
    return row.hash();
  }

  @Override
  public long sizeBytes() {
    return row.sizeBytes();
  }

  @Override
  public OptionalLong zstdSizeBytes() {
    return OptionalLong.of(row.blobSizeBytes());
  }

  @Override
  public InputStream plain() throws IOException {
    InputStream plain =
        new WholeInputStream(
            new BoundedInputStream(
                decoders.decode(Compression.ZSTD, frame, row.sizeBytes()),
                row.sizeBytes(),
                row.name().print()));
    decoded = plain;
    return plain;
  }

  @Override
  public InputStream zstd() {
    return frame;
  }

  @Override
  public void close() throws IOException {
    try (InputStream closedLast = frame) {
      if (decoded != null) {
        decoded.close();
      }
    }
  }

  /** Fails if the stream ends before the size of the document. */
  private final class WholeInputStream extends PassingInputStream {
    private long count;

    WholeInputStream(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int got = in.read(buffer, offset, length);
      count += Math.max(got, 0);
      if (got < 0 && count < row.sizeBytes()) {
        throw new EOFException(
            String.format(
                Locale.ROOT, "%s ended after %d of %d bytes", row.name(), count, row.sizeBytes()));
      }
      return got;
    }
  }
}
