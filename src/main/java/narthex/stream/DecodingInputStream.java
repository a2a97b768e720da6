package narthex.stream;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import narthex.nix.Compression;
import org.jspecify.annotations.Nullable;

/**
 * Around any decoder: opens it at the first read, tells damage from trouble with the source, turns
 * the unchecked exceptions of decoders into checked ones, lets the end pass only where the source
 * ends, and fails for ever once it failed. For one thread.
 */
final class DecodingInputStream extends SpanInputStream {
  /** Opens the decoder; closing the decoder must close what it was given. */
  interface Opener {
    InputStream open(InputStream source) throws IOException;
  }

  /**
   * Decoded bytes asked for at once: decoders wait until they have filled what they are given, and
   * a reader that follows a transfer wants what is there.
   */
  private static final int READ_BYTES = 8 << 10;

  private final Compression compression;
  private final Source source;
  private final DecoderLease lease;
  private final Opener opener;
  private @Nullable InputStream decoder;
  private @Nullable IOException failure;
  private boolean ended;

  /**
   * @param lease the decoder's memory: given back here
   */
  DecodingInputStream(
      Compression compression, InputStream source, DecoderLease lease, Opener opener) {
    this.compression = compression;
    this.source = new Source(source);
    this.lease = lease;
    this.opener = opener;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (failure != null) {
      throw failure;
    }
    if (ended) {
      return -1;
    }
    if (length == 0) {
      return 0;
    }
    try {
      int count = readDecoder(buffer, offset, length);
      if (count < 0) {
        checkSourceEnded();
        ended = true;
        closeDecoder();
      }
      return count;
    } catch (IOException | RuntimeException e) {
      IOException cause = source.failure == null ? lease.failure() : source.failure;
      failure = cause != null ? cause : corrupt(e);
      if (source.bug != null) {
        throw source.bug;
      }
      throw failure;
    }
  }

  /** A sign of whether the next read may wait for the source: more than 0 if it surely need not. */
  @Override
  public int available() throws IOException {
    return failure != null || ended ? 0 : source.available();
  }

  @Override
  public void close() throws IOException {
    if (failure == null) {
      failure = new IOException("stream closed");
    }
    try (source) {
      closeDecoder();
    }
  }

  /** The decoder closes the source too, which only this stream's own close may do. */
  private void closeDecoder() throws IOException {
    InputStream opened = decoder;
    decoder = null;
    source.isKept = true;
    try {
      if (opened != null) {
        opened.close();
      }
    } catch (RuntimeException e) {
      throw new IOException("closing a decoder", e);
    } finally {
      source.isKept = false;
      lease.release();
    }
  }

  private int readDecoder(byte[] buffer, int offset, int length) throws IOException {
    InputStream opened = decoder;
    if (opened == null) {
      opened = open();
      decoder = opened;
    }
    int count;
    do {
      count = opened.read(buffer, offset, Math.min(length, READ_BYTES));
    } while (count == 0);
    return count;
  }

  private InputStream open() throws IOException {
    try {
      return opener.open(source);
    } catch (OutOfMemoryError e) {
      throw lease.exhausted(0);
    }
  }

  /**
   * Several decoders take no bytes at all for a whole stream, and Brotli stops at its last block.
   */
  private void checkSourceEnded() throws IOException {
    if (source.read() >= 0) {
      throw new CorruptEncodingException(compression, "bytes behind the end", null);
    }
    if (source.isEmpty) {
      throw new CorruptEncodingException(compression, "no bytes", null);
    }
  }

  private CorruptEncodingException corrupt(Exception e) {
    return e instanceof CorruptEncodingException corrupt
        ? corrupt
        : new CorruptEncodingException(compression, String.valueOf(e.getMessage()), e);
  }

  /** The compressed bytes; remembers its own failure, whatever the decoder makes of it. */
  private static final class Source extends PassingInputStream {
    private @Nullable IOException failure;
    private @Nullable RuntimeException bug;
    private boolean isEmpty = true;
    private boolean isKept;
    private boolean closed;

    Source(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (failure != null) {
        throw failure;
      }
      try {
        int count = in.read(buffer, offset, length);
        if (count > 0) {
          isEmpty = false;
        }
        return count;
      } catch (IOException e) {
        failure = e;
        throw e;
      } catch (RuntimeException e) {
        failure = new IOException("the source of a decoder failed", e);
        bug = e;
        throw e;
      }
    }

    @Override
    public void close() throws IOException {
      if (!closed && !isKept) {
        closed = true;
        in.close();
      }
    }
  }
}
