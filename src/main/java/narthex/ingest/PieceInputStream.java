package narthex.ingest;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import narthex.stream.SpanInputStream;

/**
 * The first bytes of a decoded stream. Reads that stream to its end before it returns the last of
 * them, because only then the checksum of the last frame is verified. Closes it. For one thread.
 */
final class PieceInputStream extends SpanInputStream {
  private final InputStream decoded;
  private long left;

  /**
   * @param length number of bytes to return; a shorter stream fails
   */
  PieceInputStream(InputStream decoded, long length) {
    this.decoded = decoded;
    this.left = length;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0 || left == 0) {
      return length == 0 ? 0 : -1;
    }
    int count = decoded.read(bytes, offset, (int) Math.min(length, left));
    if (count < 0) {
      throw new EOFException("a staged extent decodes to " + left + " bytes less than announced");
    }
    left -= count;
    if (left == 0) {
      decoded.transferTo(OutputStream.nullOutputStream());
    }
    return count;
  }

  @Override
  public void close() throws IOException {
    decoded.close();
  }
}
