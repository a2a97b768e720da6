package narthex.document;

import java.io.IOException;
import java.io.InputStream;
import narthex.stream.DecoderShare;
import narthex.stream.PassingInputStream;

/**
 * Calls a watch before each read, which fails when no client wants the bytes any more. Not
 * thread-safe.
 */
final class WatchedInputStream extends PassingInputStream {
  private final DecoderShare.Watch watch;

  WatchedInputStream(InputStream in, DecoderShare.Watch watch) {
    super(in);
    this.watch = watch;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    watch.look();
    return in.read(bytes, offset, length);
  }
}
