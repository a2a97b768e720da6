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
 * The one door for documents: checked while they are written as one zstd frame, and visible by one
 * database commit after that is durable. Thread-safe.
 */
public final class DocumentIngest {
  private static final System.Logger LOG = System.getLogger(DocumentIngest.class.getName());
  private static final int BUFFER_BYTES = 16 << 10;

  private final BlobStore blobs;
  private final Database database;
  private final InstantSource clock;

  /** Stores in these. */
  public DocumentIngest(BlobStore blobs, Database database, InstantSource clock) {
    this.blobs = blobs;
    this.database = database;
    this.clock = clock;
  }

  /** Looks at the bytes of a document before it is stored. */
  interface Check {
    /**
     * Reads a stream to its end.
     *
     * @throws narthex.nix.NixFormatException if it is not what it should be
     */
    void read(InputStream bytes) throws IOException;
  }

  /** Writes the bytes of a document. */
  interface Body {
    /** Writes all of them; the stream stays open. */
    void writeTo(OutputStream out) throws IOException;
  }

  /** The check that every document of this name must pass. */
  static Check usualCheck(DocumentName name) {
    return switch (name.kind()) {
      case LOG, NAR_LISTING -> DocumentIngest::readToEnd;
      case LISTING, DEBUG_INFO -> bytes -> StrictJson.requireObject(bytes, name.print());
      case REALISATION, BUILD_TRACE -> bytes -> Realisation.parse(name, bytes.readAllBytes());
    };
  }

  /**
   * Stores a document in place of one of the same name, whose readers may go on reading it.
   *
   * @param bytes read to the end, not closed
   * @throws narthex.nix.NixFormatException if it does not pass the check
   * @throws IOException if the stream fails, or it cannot be stored
   */
  Stored replace(DocumentName name, InputStream bytes, Check check) throws IOException {
    return replace(write(name, null, out -> check.read(new CopyingInputStream(bytes, out))));
  }

  /**
   * Stores a document unless there is one of the same name.
   *
   * @param bytes read to the end, not closed
   * @return the one that stays, if there is one
   * @throws narthex.nix.NixFormatException if it does not pass the check
   * @throws IOException if the stream fails, or it cannot be stored
   */
  Offer offer(DocumentName name, InputStream bytes, Check check) throws IOException {
    DocumentRow row = write(name, null, out -> check.read(new CopyingInputStream(bytes, out)));
    if (DatabaseTries.keepTrying(() -> database.documents().storeIfAbsent(row))) {
      log(row);
      return new Offer(row, row);
    }
    deleteUnused(row.blob());
    DocumentRow there =
        database
            .documents()
            .find(name)
            .orElseThrow(() -> new IOException(name + " was deleted while it was stored"));
    return new Offer(row, there);
  }

  /**
   * What became of a document that was offered.
   *
   * @param offered its row; its blob is gone if another one is stored
   * @param stored what is stored now
   */
  record Offer(DocumentRow offered, DocumentRow stored) {}

  /** Reads a small document that is stored. */
  byte[] read(DocumentRow row, DecoderShare decoders) throws IOException {
    InputStream frame = blobs.open(row.blob(), 0, row.blobSizeBytes());
    try (InputStream in = decoders.decode(Compression.ZSTD, frame, row.sizeBytes())) {
      return in.readAllBytes();
    }
  }

  /**
   * Stores a document that is made here, in place of one of the same name.
   *
   * @throws IOException what the body throws, unchanged, or if it cannot be stored
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
   * Stores a document unless there is one of the same name.
   *
   * @param bytes read to the end, not closed
   * @param upstream base URL of where it comes from, or null if it was made here
   * @return the one that is stored now
   * @throws narthex.nix.NixFormatException if it is not what a document of this name must be
   * @throws IOException if the stream fails, or it cannot be stored
   */
  public DocumentRow keep(DocumentName name, InputStream bytes, @Nullable String upstream)
      throws IOException {
    Check check = usualCheck(name);
    DocumentRow row = write(name, upstream, out -> check.read(new CopyingInputStream(bytes, out)));
    if (database.documents().storeIfAbsent(row)) {
      log(row);
      return row;
    }
    deleteUnused(row.blob());
    return database
        .documents()
        .find(name)
        .orElseThrow(() -> new IOException(name + " was deleted while it was stored"));
  }

  /** Drops a document that turned out lost or damaged; what is left of its blob is garbage. */
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

  /** A key that was never used and never will be; what it is about stands in it for people. */
  private static String newKey(DocumentName name) {
    String about = name.subject().replaceFirst("^sha256:", "").replaceFirst("[-.].*", "");
    String unique = UUID.randomUUID().toString().toLowerCase(Locale.ROOT);
    return "doc/" + about.substring(0, 2) + "/" + about + "-" + unique;
  }

  /**
   * Deletes a blob that no row refers to. If that fails, the document is stored all the same: such
   * blobs are found later, when the store is compared with the rows.
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
      // what is read is stored
    }
  }

  /** Writes whatever is read through it. */
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

  /** Passes bytes through and keeps their number and hash; stays open. */
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

  /** Counts what goes into a sink, and leaves it open. */
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
