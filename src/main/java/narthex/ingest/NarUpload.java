package narthex.ingest;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalLong;
import narthex.db.Database;
import narthex.db.DatabaseTries;
import narthex.ingest.UploadRefusedException.Reason;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.NixFormatException;
import narthex.nix.Sha256;
import narthex.stream.CorruptNarException;
import narthex.stream.DecoderTooLargeException;
import narthex.stream.TooLongException;

/**
 * Takes in NAR files whose names are the hashes of their bytes, as clients put them before any
 * narinfo says what is in them. NarHash and NarSize are found by decoding. Thread-safe; the same
 * file may come twice, also at once.
 */
public final class NarUpload {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int NIX32_LENGTH = 52;

  /** How every gzip member begins, and no NAR. */
  private static final byte[] GZIP_MAGIC = {0x1f, (byte) 0x8b};

  private final NarIngest ingest;
  private final Database database;
  private final long maxNarBytes;
  private final Keep keep;

  /**
   * @param maxNarBytes how many bytes a NAR may have, decoded
   * @param mode when NARs are chunked
   */
  public NarUpload(NarIngest ingest, Database database, long maxNarBytes, CdcMode mode) {
    this.ingest = ingest;
    this.database = database;
    this.maxNarBytes = maxNarBytes;
    this.keep = mode.firstKept();
  }

  /** How many bytes a file may have at most. */
  public long maxFileBytes() {
    return NarExpectation.largestFile(maxNarBytes);
  }

  /**
   * Stores a file, and makes its name a name of the NAR in it.
   *
   * @param length how many bytes the body has, if that is known
   * @param body the bytes of the file; stays open
   * @throws UploadRefusedException if the bytes do not hash to the name, are no NAR in the
   *     compression that the name says, or are too many; nothing is kept then
   * @throws IOException if the body breaks off, or cannot be stored just now
   */
  public Stored store(NarFileName name, OptionalLong length, InputStream body) throws IOException {
    Sha256 fileHash = fileHash(name.stem());
    Long size = length.isPresent() ? Long.valueOf(length.getAsLong()) : null;
    PushbackInputStream bytes = new PushbackInputStream(body, GZIP_MAGIC.length);
    NarExpectation expected =
        new NarExpectation(
            null,
            maxNarBytes,
            compression(name, bytes),
            fileHash,
            size,
            "upload of " + name.print());
    NarIngestion.Finished finished = take(expected, bytes);
    boolean named =
        DatabaseTries.keepTrying(
            () -> database.nameFile(name.stem(), fileHash, finished.nar().hash()));
    if (!named) {
      throw new UploadRefusedException(
          Reason.WRONG, "nar/%s is the name of another NAR".formatted(name.print()));
    }
    return finished.stored();
  }

  /** Nix gives files in gzip no extension of their own. */
  private static Compression compression(NarFileName name, PushbackInputStream body)
      throws IOException {
    if (name.compression() != Compression.NONE) {
      return name.compression();
    }
    byte[] start = body.readNBytes(GZIP_MAGIC.length);
    body.unread(start);
    return Arrays.equals(start, GZIP_MAGIC) ? Compression.GZIP : Compression.NONE;
  }

  private NarIngestion.Finished take(NarExpectation expected, InputStream body) throws IOException {
    try (NarIngestion ingestion = ingest.beginUpload(expected, keep)) {
      try {
        copy(body, ingestion);
        Long size = expected.fileSizeBytes();
        if (size != null && ingestion.written() != size) {
          throw new EOFException(
              String.format(
                  Locale.ROOT, "the body ended after %d of %d bytes", ingestion.written(), size));
        }
        return ingestion.finish();
      } catch (IOException e) {
        ingestion.fail(e);
        throw e;
      }
    } catch (TooLongException e) {
      throw new UploadRefusedException(
          Reason.TOO_LARGE,
          String.format(Locale.ROOT, "the %s has more than %d bytes", e.what(), e.maxBytes()));
    } catch (DecoderTooLargeException e) {
      throw new UploadRefusedException(Reason.TOO_LARGE, String.valueOf(e.getMessage()));
    } catch (CorruptNarException e) {
      throw new UploadRefusedException(
          Reason.WRONG,
          "wrong %s: expected %s, actual %s".formatted(e.what(), e.expected(), e.actual()));
    }
  }

  private static void copy(InputStream body, NarIngestion ingestion) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    int count;
    while ((count = body.read(buffer, 0, buffer.length)) >= 0) {
      ingestion.write(buffer, 0, count);
    }
  }

  private static Sha256 fileHash(String stem) throws UploadRefusedException {
    try {
      return stem.length() == NIX32_LENGTH
          ? Sha256.parseNix32(stem)
          : Sha256.parse("sha256:" + stem);
    } catch (NixFormatException e) {
      throw new UploadRefusedException(Reason.WRONG, e.getMessage());
    }
  }
}
