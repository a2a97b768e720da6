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
 * Stores uploaded NAR files, whose names are the hashes of their bytes. Clients upload them before
 * the narinfo, so NarHash and NarSize are computed by decoding. Thread-safe; concurrent uploads of
 * the same file are allowed.
 */
public final class NarUpload {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int NIX32_LENGTH = 52;

  /** First bytes of every gzip file; no NAR starts with them. */
  private static final byte[] GZIP_MAGIC = {0x1f, (byte) 0x8b};

  private final NarIngest ingest;
  private final Database database;
  private final UploadFlights flights;
  private final long maxNarBytes;
  private final Keep keep;

  /**
   * @param flights where readers, here and on other replicas, find a NAR that is being uploaded
   * @param maxNarBytes largest allowed size of a NAR, decoded, in bytes
   * @param mode when NARs are chunked
   */
  public NarUpload(
      NarIngest ingest, Database database, UploadFlights flights, long maxNarBytes, CdcMode mode) {
    this.ingest = ingest;
    this.database = database;
    this.flights = flights;
    this.maxNarBytes = maxNarBytes;
    this.keep = mode.firstKept();
  }

  /** Largest allowed length of a file in bytes. */
  public long maxFileBytes() {
    return NarExpectation.largestFile(maxNarBytes);
  }

  /**
   * Stores a file, and registers its name for the NAR in it.
   *
   * @param length of the body in bytes, if known
   * @param body the bytes of the file; the caller closes it
   * @throws UploadRefusedException if the bytes don't match the hash in the name, aren't a NAR in
   *     the name's compression, or exceed the limit; nothing is stored then. Also if the name
   *     already names another NAR
   * @throws IOException if the body ends early, or storing fails
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
            "upload of " + name.print(),
            NarExpectation.NO_PATH);
    return take(name, expected, bytes);
  }

  private void name(NarFileName name, Sha256 fileHash, Sha256 narHash) throws IOException {
    boolean named =
        DatabaseTries.keepTrying(() -> database.nameFile(name.stem(), fileHash, narHash));
    if (!named) {
      throw new UploadRefusedException(
          Reason.WRONG, "nar/%s already names another NAR".formatted(name.print()));
    }
  }

  /** The compression of a file. Nix gives gzip files no extension, so their first bytes decide. */
  private static Compression compression(NarFileName name, PushbackInputStream body)
      throws IOException {
    if (name.compression() != Compression.NONE) {
      return name.compression();
    }
    byte[] start = body.readNBytes(GZIP_MAGIC.length);
    body.unread(start);
    return Arrays.equals(start, GZIP_MAGIC) ? Compression.GZIP : Compression.NONE;
  }

  private Stored take(NarFileName name, NarExpectation expected, InputStream body)
      throws IOException {
    try (NarIngestion ingestion = ingest.beginUpload(expected, keep);
        UploadFlights.Shared shared = flights.share(name.stem(), ingestion)) {
      try {
        copy(body, ingestion);
        Long size = expected.fileSizeBytes();
        if (size != null && ingestion.written() != size) {
          throw new EOFException(
              String.format(
                  Locale.ROOT, "the body ended after %d of %d bytes", ingestion.written(), size));
        }
        NarIngestion.Finished finished = ingestion.finish();
        name(name, fileHash(name.stem()), finished.nar().hash());
        shared.stored();
        return finished.stored();
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
