package narthex.ingest;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;
import narthex.db.Database;
import narthex.db.DocumentRow;
import narthex.nix.Compression;
import narthex.nix.DocumentName;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.stream.CorruptNarException;
import narthex.stream.DigestingInputStream;
import narthex.stream.Encoders;
import narthex.stream.EncodingOutputStream;

/**
 * Makes listings of NARs and keeps them by NarHash, so that none is ever out of date. Memory does
 * not grow with the listing. Thread-safe.
 */
public final class ListingIngest {
  private static final System.Logger LOG = System.getLogger(ListingIngest.class.getName());

  private final BlobStore blobs;
  private final Database database;
  private final InstantSource clock;

  /** Stores in these. */
  public ListingIngest(BlobStore blobs, Database database, InstantSource clock) {
    this.blobs = blobs;
    this.database = database;
    this.clock = clock;
  }

  /** Finds the listing of a NAR if it was made before. */
  public Optional<DocumentRow> find(Sha256 narHash) throws IOException {
    return database.findDocument(DocumentName.listing(narHash));
  }

  /**
   * Makes the listing of a NAR and keeps it, unless another did so meanwhile.
   *
   * @param nar its bytes, read up to the end and checked against the hash; stays open
   * @return the one that is kept now
   * @throws narthex.stream.NotNarException if the bytes are not a NAR
   * @throws CorruptNarException if they are another one
   * @throws IOException if they cannot be read, or the listing cannot be kept
   */
  public DocumentRow make(NarId id, InputStream nar) throws IOException {
    DocumentRow row = write(id, nar);
    if (database.storeDocumentIfAbsent(row)) {
      LOG.log(
          Level.INFO,
          "listing made narHash={0} size={1}",
          id.hash().nix32(),
          Long.toString(row.sizeBytes()));
      return row;
    }
    blobs.delete(row.blob());
    return find(id.hash()).orElseThrow(() -> new IOException("the listing was just deleted"));
  }

  /** Drops a listing whose bytes turned out lost. */
  public void drop(DocumentRow lost) throws IOException {
    if (database.deleteDocument(lost)) {
      blobs.delete(lost.blob());
    }
  }

  private DocumentRow write(NarId id, InputStream nar) throws IOException {
    String hash = id.hash().nix32();
    String key = "doc/" + hash.substring(0, 2) + "/" + hash + "-" + UUID.randomUUID();
    try (BlobSink sink = blobs.create(key)) {
      SinkStream file = new SinkStream(sink);
      EncodingOutputStream encoder = Encoders.encode(Compression.ZSTD, file);
      Counted text = new Counted(encoder);
      try {
        Writer writer = new BufferedWriter(new OutputStreamWriter(text, StandardCharsets.UTF_8));
        DigestingInputStream digesting = new DigestingInputStream(nar);
        ListingVisitor.list(digesting, writer);
        writer.flush();
        if (!digesting.digest().equals(id.hash())) {
          throw new CorruptNarException("NarHash", hash, digesting.digest().nix32(), "the storage");
        }
        encoder.close();
      } catch (IOException | RuntimeException | Error e) {
        encoder.discard();
        throw e;
      }
      sink.commit();
      return new DocumentRow(
          DocumentName.listing(id.hash()),
          Sha256.of(text.sha256.digest()),
          text.count,
          sink.key(),
          file.count,
          null,
          clock.instant());
    }
  }

  /** Passes bytes through and keeps their number and hash. */
  private static final class Counted extends OutputStream {
    private final OutputStream out;
    private final MessageDigest sha256;
    private long count;

    Counted(OutputStream out) {
      this.out = out;
      try {
        this.sha256 = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has SHA-256", e);
      }
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      sha256.update(bytes, offset, length);
      count += length;
      out.write(bytes, offset, length);
    }
  }

  /** Writes into a sink, which stays open. */
  private static final class SinkStream extends OutputStream {
    private final BlobSink sink;
    private long count;

    SinkStream(BlobSink sink) {
      this.sink = sink;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      sink.write(bytes, offset, length);
      count += length;
    }
  }
}
