package narthex.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.OptionalLong;
import narthex.stream.CorruptNarException;
import narthex.upstream.NarBody;
import org.jspecify.annotations.Nullable;

/**
 * Copies one NAR file from one upstream into an ingestion. Resumes an interrupted transfer. Not
 * thread-safe; use each object once.
 */
final class NarTransfer {
  private static final System.Logger LOG = System.getLogger(NarTransfer.class.getName());
  private static final int BUFFER_BYTES = 64 << 10;

  /** The transfer fails after more than this many interruptions in a row without a new byte. */
  private static final int MAX_FRUITLESS_BREAKS = 5;

  private final NarOffer offer;
  private final NarIngestion ingestion;

  /** Creates a transfer of the file of this offer. */
  NarTransfer(NarOffer offer, NarIngestion ingestion) {
    this.offer = offer;
    this.ingestion = ingestion;
  }

  /**
   * Copies the body and closes it. If it is interrupted, requests the rest of the file, or all of
   * it if the upstream doesn't support ranges.
   *
   * @throws IOException if the transfer can't be resumed, or the file is corrupt
   */
  void run(NarBody opened) throws IOException {
    NarBody body = opened;
    String entityTag = body.entityTag();
    boolean isTold = body.length().isPresent(); // else the length is the narinfo's FileSize
    OptionalLong length = ingestion.manifest().length();
    int fruitless = 0;
    boolean wasShort = false;
    while (true) {
      long before = ingestion.written();
      IOException broken = copy(body, length);
      if (broken == null) {
        return;
      }
      fruitless = ingestion.written() > before ? 0 : fruitless + 1;
      boolean isShort = !isTold && broken instanceof ShortBodyException;
      if (isShort && wasShort && fruitless > 0) {
        return; // the file is shorter than FileSize: the NarHash decides
      }
      wasShort = isShort;
      if (fruitless > MAX_FRUITLESS_BREAKS) {
        throw broken;
      }
      LOG.log(
          Level.INFO,
          "transfer interrupted, resuming source={0} offset={1} reason={2}",
          offer.place(),
          Long.toString(ingestion.written()),
          broken.toString());
      try {
        body = again(body, entityTag, broken);
      } catch (IOException e) {
        if (isShort) {
          return;
        }
        throw e;
      }
    }
  }

  /** Requests the file again, from the first missing byte if possible. */
  private NarBody again(NarBody body, @Nullable String entityTag, IOException broken)
      throws IOException {
    return offer
        .upstream()
        .openNar(offer.file().url(), body.isSeekable() ? ingestion.written() : 0, entityTag)
        .orElseThrow(
            () ->
                new IOException(
                    offer.place() + " was deleted by the upstream during its transfer", broken));
  }

  /** A body ended normally before its expected length. */
  private static final class ShortBodyException extends IOException {
    private static final long serialVersionUID = 1L;

    ShortBodyException(long bytes, long expected) {
      super(String.format(Locale.ROOT, "ended after %d of %d bytes", bytes, expected));
    }
  }

  /**
   * Copies one body to its end and closes it.
   *
   * @return null at the end of the file, else the reason of the interruption
   * @throws IOException if the bytes are corrupt or can't be written
   */
  private @Nullable IOException copy(NarBody body, OptionalLong length) throws IOException {
    try (body) {
      long skip = ingestion.written() - body.from();
      byte[] buffer = new byte[BUFFER_BYTES];
      InputStream in = body.stream();
      while (true) {
        int count;
        try {
          count = in.read(buffer, 0, buffer.length);
        } catch (CorruptNarException e) {
          throw e;
        } catch (IOException e) {
          // All bytes have arrived; only the end of the response is missing.
          boolean all = length.isPresent() && ingestion.written() >= length.getAsLong();
          return all ? null : e;
        }
        if (count < 0) {
          break;
        }
        int known = (int) Math.min(skip, count);
        skip -= known;
        if (count > known) {
          ingestion.write(buffer, known, count - known);
        }
      }
    }
    if (length.isPresent() && ingestion.written() < length.getAsLong()) {
      return new ShortBodyException(ingestion.written(), length.getAsLong());
    }
    return null;
  }
}
