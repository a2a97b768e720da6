package narthex.blob;

import java.io.IOException;

/** A sink that writes to a spool and commits that. */
final class SpooledSink implements BlobSink {
  private final String key;
  private final Spool spool;

  /**
   * @param spool closed with the sink
   */
  SpooledSink(String key, Spool spool) {
    this.key = key;
    this.spool = spool;
  }

  @Override
  public String key() {
    return key;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    spool.write(bytes, offset, length);
  }

  @Override
  public void commit() throws IOException {
    spool.commit(key);
  }

  @Override
  public void close() throws IOException {
    spool.close();
  }
}
