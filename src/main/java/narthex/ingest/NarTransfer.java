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
 * The transfer of one NAR file from one upstream into an ingestion. A broken one is taken up where
 * it broke. Used by one thread, once.
 */
final class NarTransfer {
  private static final System.Logger LOG = System.getLogger(NarTransfer.class.getName());
  private static final int BUFFER_BYTES = 64 << 10;

  /** Breaks in a row without one new byte after which a transfer is given up. */
  private static final int MAX_FRUITLESS_BREAKS = 5;

  private final NarOffer offer;
  private final NarIngestion ingestion;

  /** Copies the file of this offer. */
  NarTransfer(NarOffer offer, NarIngestion ingestion) {
    this.offer = offer;
    this.ingestion = ingestion;
  }

  /**
   * Copies this body and closes it; where it breaks, opens it again at the byte that is missing.
   *
   * @throws IOException if it cannot be had to its end, or is wrong
   */
  void run(NarBody opened) throws IOException {
    NarBody body = opened;
    String entityTag = body.entityTag();
    boolean isTold = body.length().isPresent(); // else the length is only the narinfo's word
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
        return; // it ends here each time: what it is worth is told by the NarHash
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

  /** Opens the file again where it broke. */
  private NarBody again(NarBody body, @Nullable String entityTag, IOException broken)
      throws IOException {
    return offer
        .upstream()
        .openNar(offer.file().url(), body.isSeekable() ? ingestion.written() : 0, entityTag)
        .orElseThrow(
            () -> new IOException(offer.place() + " vanished during its transfer", broken));
  }

  /** A body ended by itself before it should. */
  private static final class ShortBodyException extends IOException {
    private static final long serialVersionUID = 1L;

    ShortBodyException(long bytes, long expected) {
      super(String.format(Locale.ROOT, "ended after %d of %d bytes", bytes, expected));
    }
  }

  /**
   * Copies one body to its end and closes it.
   *
   * @return null at the end, else how the transfer broke
   * @throws IOException if what came is wrong or cannot be written
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
          // A transfer that lacks only its proper end has brought all that there is.
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
