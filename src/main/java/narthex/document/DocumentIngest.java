package narthex.document;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.UUID;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;
import narthex.db.Database;
import narthex.db.DatabaseTries;
import narthex.db.DocumentRow;
import narthex.db.GarbageTable;
import narthex.ingest.Stored;
import narthex.nix.Compression;
import narthex.nix.DocumentName;
import narthex.nix.Realisation;
import narthex.nix.Sha256;
import narthex.nix.StrictJson;
import narthex.stream.DecoderShare;
import narthex.stream.Encoders;
import narthex.stream.EncodingOutputStream;
import narthex.stream.SpanInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Stores documents. Every document enters here: it is validated while it is written to a blob as
 * one zstd frame, and becomes visible by one database commit once the blob is durable. Thread-safe.
 */
public final class DocumentIngest {
  private static final System.Logger LOG = System.getLogger(DocumentIngest.class.getName());
  private static final int BUFFER_BYTES = 16 << 10;

  private final BlobStore blobs;
  private final Database database;
  private final InstantSource clock;

  /** Creates an ingest that writes blobs to {@code blobs} and their rows to {@code database}. */
  public DocumentIngest(BlobStore blobs, Database database, InstantSource clock) {
    this.blobs = blobs;
    this.database = database;
    this.clock = clock;
  }

  /** Validates a document before it is stored. */
  interface Check {
    /**
     * Reads a stream to its end.
     *
     * @throws narthex.nix.NixFormatException if the document is malformed
     */
    void read(InputStream bytes) throws IOException;
  }

  /** Writes the bytes of a document. */
  interface Body {
    /** Writes the whole document; does not close the stream. */
    void writeTo(OutputStream out) throws IOException;
  }

  /** Returns the check that a document of this name must pass. */
  static Check usualCheck(DocumentName name) {
    return switch (name.kind()) {
      case LOG, NAR_LISTING -> DocumentIngest::readToEnd;
      case LISTING, DEBUG_INFO -> bytes -> StrictJson.requireObject(bytes, name.print());
      case REALISATION, BUILD_TRACE -> bytes -> Realisation.parse(name, bytes.readAllBytes());
    };
  }

  /**
   * Stores a document and replaces an existing one of the same name. Readers that have opened the
   * old one can read it to its end.
   *
   * @param bytes read to the end, not closed
   * @throws narthex.nix.NixFormatException if the document does not pass the check
   * @throws IOException if reading the stream or storing the document fails
   */
  Stored replace(DocumentName name, InputStream bytes, Check check) throws IOException {
    return replace(write(name, null, out -> check.read(new CopyingInputStream(bytes, out))));
  }

  /**
   * Stores a document unless one of the same name exists.
   *
   * @param bytes read to the end, not closed
   * @return the offered document and the row that is stored now
   * @throws narthex.nix.NixFormatException if the document does not pass the check
   * @throws IOException if reading the stream or storing the document fails
   */
  Offer offer(DocumentName name, InputStream bytes, Check check) throws IOException {
    return offer(write(name, null, out -> check.read(new CopyingInputStream(bytes, out))));
  }

  private Offer offer(DocumentRow row) throws IOException {
    if (DatabaseTries.keepTrying(() -> database.documents().storeIfAbsent(row))) {
      log(row);
      return new Offer(row, row);
    }
    deleteUnused(row.blob());
    DocumentRow there =
        database
            .documents()
            .find(row.name())
            .orElseThrow(() -> new IOException(row.name() + " was deleted while it was stored"));
    return new Offer(row, there);
  }

  /**
   * The outcome of offering a document.
   *
   * @param offered the row of the offered document; its blob is deleted if another document is
   *     stored
   * @param stored the row that is stored now
   */
  record Offer(DocumentRow offered, DocumentRow stored) {}

  /** Reads a small stored document into memory. */
  byte[] read(DocumentRow row, DecoderShare decoders) throws IOException {
    InputStream frame = blobs.open(row.blob(), 0, row.blobSizeBytes());
    try (InputStream in = decoders.decode(Compression.ZSTD, frame, row.sizeBytes())) {
      return in.readAllBytes();
    }
  }

  /**
   * Stores a document that this server generates, and replaces an existing one of the same name.
   *
   * @throws IOException any exception of the body, unchanged, or if the document cannot be stored
   */
  void make(DocumentName name, Body body) throws IOException {
    replace(write(name, null, body));
  }

  private Stored replace(DocumentRow row) throws IOException {
    boolean replaced =
        DatabaseTries.keepTrying(() -> database.documents().store(row, deleteAfter()));
    log(row);
    return replaced ? Stored.KNOWN : Stored.NEW;
  }

  /**
   * Stores a document unless one of the same name exists.
   *
   * @param bytes read to the end, not closed
   * @param upstream base URL of the upstream that sent it, or null if this server made it
   * @return the row that is stored now
   * @throws narthex.nix.NixFormatException if it is not a valid document for this name
   * @throws IOException if reading the stream or storing the document fails
   */
  public DocumentRow keep(DocumentName name, InputStream bytes, @Nullable String upstream)
      throws IOException {
    Check check = usualCheck(name);
    return offer(write(name, upstream, out -> check.read(new CopyingInputStream(bytes, out))))
        .stored();
  }

  /** Deletes the row of a lost or damaged document and lists its blob as garbage. */
  public void drop(DocumentRow lost) throws IOException {
    database.documents().delete(lost, deleteAfter());
  }

  private Instant deleteAfter() {
    return clock.instant().plus(GarbageTable.GRACE);
  }

  private DocumentRow write(DocumentName name, @Nullable String upstream, Body body)
      throws IOException {
    try (BlobSink sink = blobs.create(newKey(name))) {
      SinkStream target = new SinkStream(sink);
      EncodingOutputStream encoder = Encoders.encode(Compression.ZSTD, target);
      DigestingStream bytes = new DigestingStream(encoder);
      try {
        body.writeTo(bytes);
        encoder.close();
      } catch (IOException | RuntimeException e) {
        encoder.discard();
        throw e;
      }
      sink.commit();
      return new DocumentRow(
          name,
          Sha256.of(bytes.sha256.digest()),
          bytes.written,
          sink.key(),
          target.written,
          upstream,
          clock.instant());
    }
  }

  /**
   * Returns a unique blob key. It contains the document's subject for people who read the listing.
   */
  private static String newKey(DocumentName name) {
    String about = name.subject().replaceFirst("^sha256:", "").replaceFirst("[-.].*", "");
    String unique = UUID.randomUUID().toString().toLowerCase(Locale.ROOT);
    return "doc/" + about.substring(0, 2) + "/" + about + "-" + unique;
  }

  /**
   * Deletes a blob that no row refers to. A failure is only logged: the search for orphaned blobs
   * finds the blob later.
   */
  private void deleteUnused(String blob) {
    try {
      blobs.delete(blob);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "unused blob not deleted blob={0} reason={1}", blob, e.toString());
    }
  }

  private static void log(DocumentRow row) {
    LOG.log(
        Level.INFO,
        "document stored name={0} size={1} upstream={2}",
        row.name(),
        Long.toString(row.sizeBytes()),
        row.upstream());
  }

  private static void readToEnd(InputStream bytes) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    while (bytes.read(buffer, 0, buffer.length) >= 0) {
      // reading copies the bytes into the blob
    }
  }

  /** Copies everything that is read through it to an output stream. */
  private static final class CopyingInputStream extends SpanInputStream {
    private final InputStream in;
    private final OutputStream copy;

    CopyingInputStream(InputStream in, OutputStream copy) {
      this.in = in;
      this.copy = copy;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int count = in.read(buffer, offset, length);
      if (count > 0) {
        copy.write(buffer, offset, count);
      }
      return count;
    }
  }

  /** Counts and hashes the bytes that it passes on. Does not close the target. */
  private static final class DigestingStream extends OutputStream {
    private final OutputStream out;
    private final MessageDigest sha256 = Sha256.newDigest();
    private long written;

    DigestingStream(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
      sha256.update(buffer, offset, length);
      written += length;
      out.write(buffer, offset, length);
    }
  }

  /** Counts the bytes that it writes to a sink. Does not close the sink. */
  private static final class SinkStream extends OutputStream {
    private final BlobSink sink;
    private long written;

    SinkStream(BlobSink sink) {
      this.sink = sink;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
      sink.write(buffer, offset, length);
      written += length;
    }
  }
}
