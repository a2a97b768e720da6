package narthex.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import narthex.chunk.ChunkedWriter;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.stream.BoundedInputStream;
import narthex.stream.CorruptEncodingException;
import narthex.stream.CorruptNarException;
import narthex.stream.DecoderShare;
import narthex.stream.DigestingInputStream;
import narthex.stream.NarReader;
import narthex.stream.NarStartInputStream;
import narthex.stream.NotNarException;
import narthex.stream.PassingInputStream;
import narthex.stream.TooLongException;
import org.jspecify.annotations.Nullable;

/**
 * Reads a NAR from a file that contains it, and verifies it: decodes the file, limits and hashes
 * the NAR, optionally cuts it into chunks, and compares hash and size. Immutable.
 *
 * @param compression the compression of the file
 * @param nar hash and size that the NAR must have; null if they are unknown: then the bytes must be
 *     a well-formed NAR
 * @param maxNarBytes maximum size of the NAR, in bytes
 * @param source the origin of the file, for messages
 */
public record NarReading(
    Compression compression, @Nullable NarId nar, long maxNarBytes, String source) {
  /** Small, because a decoder may fill a buffer before it returns any byte. */
  private static final int BUFFER_BYTES = 16 << 10;

  private static final Duration USUAL_WAIT = Duration.ofSeconds(30);

  /** Returns the reading of a file whose NAR has a known hash and size. */
  public static NarReading of(NarId nar, Compression compression, String source) {
    return new NarReading(compression, nar, nar.sizeBytes(), source);
  }

  /** Observes a reading. Called by the reading thread. */
  public interface Watch {
    /**
     * Returns whether to go on waiting for memory for the decoder; by default for up to 30 seconds.
     *
     * @param waited the time waited so far
     * @throws IOException to abort the reading
     */
    default boolean waitsOn(Duration waited) throws IOException {
      return waited.compareTo(USUAL_WAIT) < 0;
    }

    /** Called once, when the first bytes are known to be those of a NAR. */
    default void begun() {}

    /**
     * Called after each read.
     *
     * @param bytes number of bytes of the NAR that were read
     * @throws IOException to abort the reading
     */
    default void read(int bytes) throws IOException {}
  }

  /**
   * Reads a file to its end and verifies its NAR. Closes the file.
   *
   * @param decoders limits the memory of the decoder and the chunks
   * @return the hash and size of the NAR
   * @throws CorruptNarException if the bytes can't be decoded or are no NAR, or if hash or size
   *     differ from the expected ones
   * @throws TooLongException if no hash and size are expected and the NAR is larger than {@code
   *     maxNarBytes}
   * @throws IOException if reading fails, the watch aborts, or the thread is interrupted
   */
  public NarId read(InputStream file, DecoderShare decoders, Watch watch) throws IOException {
    return read(file, decoders, watch, null);
  }

  /**
   * Reads and verifies a NAR like {@link #read(InputStream, DecoderShare, Watch)}, and cuts it into
   * chunks. Finishes the writer if the NAR is correct.
   *
   * @param chunks receives the NAR; the caller closes it
   */
  public NarId cut(InputStream file, DecoderShare decoders, Watch watch, ChunkedWriter chunks)
      throws IOException {
    return read(file, decoders, watch, chunks);
  }

  private NarId read(
      InputStream file, DecoderShare decoders, Watch watch, @Nullable ChunkedWriter chunks)
      throws IOException {
    long besideBytes = chunks == null ? 0 : chunks.memoryBytes();
    DecoderShare.Terms terms = new DecoderShare.Terms(maxNarBytes, besideBytes, watch::waitsOn);
    try (InputStream decoded = decoders.decode(compression, file, terms);
        DigestingInputStream bytes =
            new DigestingInputStream(
                new WatchedInputStream(
                    new NarStartInputStream(
                        new BoundedInputStream(decoded, maxNarBytes, "NAR"), watch::begun),
                    watch,
                    chunks))) {
      NarId read = nar == null ? parse(bytes) : compare(bytes, nar);
      if (chunks != null) {
        chunks.finish();
      }
      return read;
    } catch (TooLongException e) {
      throw nar == null ? e : corrupt("NarSize", Long.toString(maxNarBytes), "more");
    } catch (NotNarException e) {
      throw corrupt("NAR", "a NAR", String.valueOf(e.getMessage()));
    } catch (CorruptEncodingException e) {
      throw corrupt("NAR", "decodable", String.valueOf(e.getMessage()));
    }
  }

  private static NarId parse(DigestingInputStream bytes) throws IOException {
    NarReader.read(bytes, new NarReader.Visitor() {});
    return new NarId(bytes.digest(), bytes.count());
  }

  private NarId compare(DigestingInputStream bytes, NarId wanted) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    while (bytes.read(buffer, 0, buffer.length) >= 0) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("interrupted while reading a NAR");
      }
    }
    if (bytes.count() != wanted.sizeBytes()) {
      throw corrupt("NarSize", Long.toString(wanted.sizeBytes()), Long.toString(bytes.count()));
    }
    Sha256 actual = bytes.digest();
    if (!actual.equals(wanted.hash())) {
      throw corrupt("NarHash", wanted.hash().toString(), actual.toString());
    }
    return wanted;
  }

  private CorruptNarException corrupt(String what, String wanted, String actual) {
    return new CorruptNarException(what, wanted, actual, source);
  }

  /** Passes the read bytes to the chunk writer and reports them to the watch. */
  private static final class WatchedInputStream extends PassingInputStream {
    private final Watch watch;
    private final @Nullable ChunkedWriter chunks;

    WatchedInputStream(InputStream in, Watch watch, @Nullable ChunkedWriter chunks) {
      super(in);
      this.watch = watch;
      this.chunks = chunks;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = in.read(bytes, offset, length);
      if (count > 0) {
        if (chunks != null) {
          chunks.write(bytes, offset, count);
        }
        watch.read(count);
      }
      return count;
    }
  }
}
