package narthex.stream;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import narthex.nix.Compression;
import org.jspecify.annotations.Nullable;

/**
 * Gives all decoders the same contract. It opens the decoder at the first read, tells corrupt data
 * from a failing source, turns unchecked exceptions of decoders into {@link
 * CorruptEncodingException}, ends only if the source ends too, and fails on every read after the
 * first failure. For one thread.
 */
final class DecodingInputStream extends SpanInputStream {
  /** Opens the decoder; closing the decoder must close the source. */
  interface Opener {
    InputStream open(InputStream source) throws IOException;
  }

  /**
   * Decoders block until they have filled the buffer. Small reads let a client that follows a
   * transfer get the bytes early.
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
   * @param lease the decoder's memory; released at the end or by close
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

  /** The available bytes of the source: more than 0 if the next read won't wait for the source. */
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

  /** Frees the decoder, but keeps it from closing the source: only {@link #close} may do that. */
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
   * Refuses trailing bytes, which the Brotli decoder doesn't read, and an empty source, which
   * several decoders accept.
   */
  private void checkSourceEnded() throws IOException {
    if (source.read() >= 0) {
      throw new CorruptEncodingException(compression, "trailing bytes", null);
    }
    if (source.isEmpty) {
      throw new CorruptEncodingException(compression, "empty", null);
    }
  }

  private CorruptEncodingException corrupt(Exception e) {
    return e instanceof CorruptEncodingException corrupt
        ? corrupt
        : new CorruptEncodingException(compression, String.valueOf(e.getMessage()), e);
  }

  /** The compressed bytes. Remembers its failure, since decoders may replace the exception. */
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
