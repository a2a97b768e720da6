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
 * How a NAR is read out of a file of it, by whoever checks or cuts it: decoded, bounded, digested,
 * cut into chunks if these are wanted, and compared with what it must be.
 *
 * @param compression of the file
 * @param nar the NAR that must be in it; null if nobody announced one: then the bytes must be a NAR
 *     by their form
 * @param maxNarBytes how many bytes the NAR may have
 * @param source where the file comes from, for messages
 */
public record NarReading(
    Compression compression, @Nullable NarId nar, long maxNarBytes, String source) {
  /** Small, since a decoder may fill it before it gives anything. */
  private static final int BUFFER_BYTES = 16 << 10;

  private static final Duration USUAL_WAIT = Duration.ofSeconds(30);

  /** The reading of a file of a known NAR. */
  public static NarReading of(NarId nar, Compression compression, String source) {
    return new NarReading(compression, nar, nar.sizeBytes(), source);
  }

  /** Accompanies a reading, in its thread. */
  public interface Watch {
    /**
     * Whether to go on waiting for memory; by default for 30 seconds.
     *
     * @throws IOException if the reading is not wanted any more
     */
    default boolean waitsOn(Duration waited) throws IOException {
      return waited.compareTo(USUAL_WAIT) < 0;
    }

    /** The first bytes are those of a NAR. */
    default void begun() {}

    /**
     * So many bytes more of the NAR were read.
     *
     * @throws IOException if the reading is not wanted any more
     */
    default void read(int bytes) throws IOException {}
  }

  /**
   * Reads a file to its end and closes it.
   *
   * @param decoders the memory for the decoder and the chunks
   * @return hash and size of the NAR
   * @throws CorruptNarException if the NAR is not what it must be, or cannot be decoded
   * @throws TooLongException if nobody announced the NAR and it is too long
   */
  public NarId read(InputStream file, DecoderShare decoders, Watch watch) throws IOException {
    return read(file, decoders, watch, null);
  }

  /**
   * The same; cuts the NAR into chunks, and finishes their writer if the NAR is right.
   *
   * @param chunks stays open
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

  /** Hands on what is read to those who want it. */
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
