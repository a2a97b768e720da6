package narthex.testing.node;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import narthex.blob.BlobStore;
import narthex.db.Database;
import narthex.db.GarbageTable;
import narthex.document.DocumentIngest;
import narthex.document.DocumentLookup;
import narthex.document.DocumentUpload;
import narthex.document.OpenDocument;
import narthex.maintain.Chore;
import narthex.maintain.Chores;
import narthex.maintain.DeleteGarbage;
import narthex.maintain.Leases;
import narthex.nix.DocumentName;
import narthex.nix.PublicKey;
import narthex.nix.SecretKey;
import narthex.testing.FaultyUpstream;

/** The part of a server that knows documents, over a folder; without HTTP. */
public final class DocumentNode implements AutoCloseable {
  /** The longest document that it takes. */
  public static final int MAX_BYTES = Node.MAX_DOCUMENT_BYTES;

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Node node;
  private final Node.Options options;

  /**
   * How a node is made.
   *
   * @param trustedKeys keys of the upstreams
   * @param ours what it signs with
   * @param negativeTtl how long an absence is remembered
   * @param blobs what is put around its blob store
   */
  public record Options(
      List<PublicKey> trustedKeys,
      SecretKey ours,
      Duration negativeTtl,
      UnaryOperator<BlobStore> blobs) {
    /** What most tests want. */
    public static Options trusting(PublicKey... keys) {
      return new Options(List.of(keys), Node.KEY, Duration.ZERO, UnaryOperator.identity());
    }
  }

  private DocumentNode(Node node, Node.Options options) {
    this.node = node;
    this.options = options;
  }

  /** A node over this folder with these upstreams, the last of the best priority. */
  public static DocumentNode open(Path folder, Options options, FaultyUpstream... upstreams)
      throws IOException {
    Node.Options made =
        Node.Options.usual()
            .withRead(PATIENCE)
            .withKeys(options.ours())
            .withUpstreamKeys(options.trustedKeys())
            .withNegativeTtl(options.negativeTtl())
            .withBlobs(options.blobs());
    List<FaultyUpstream> bestFirst = new ArrayList<>(List.of(upstreams));
    Collections.reverse(bestFirst);
    return new DocumentNode(
        Node.open(folder, made, bestFirst.toArray(FaultyUpstream[]::new)), made);
  }

  /** Where documents are found. */
  public DocumentLookup lookup() {
    return node.assembly().lookups().documents();
  }

  /** The door for documents. */
  public DocumentIngest ingest() {
    return new DocumentIngest(node.blobs(), node.database(), InstantSource.system());
  }

  /** The rows. */
  public Database database() {
    return node.database();
  }

  /** Uploads that need a signature of one of these keys; without keys they need none. */
  public DocumentUpload upload(PublicKey... keys) throws IOException {
    return node.assembly(options.withUploaderKeys(List.of(keys))).uploads().documents();
  }

  /** The bytes of a document as clients get them, from here or an upstream. */
  public Optional<byte[]> read(DocumentName name) throws IOException {
    return bytes(lookup().find(name));
  }

  /** The bytes of a document as clients get them, from here only. */
  public Optional<byte[]> readHere(DocumentName name) throws IOException {
    return bytes(lookup().findHere(name));
  }

  private static Optional<byte[]> bytes(Optional<OpenDocument> found) throws IOException {
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (OpenDocument document = found.get();
        InputStream in = document.plain()) {
      return Optional.of(in.readAllBytes());
    }
  }

  /** Deletes all garbage, as if its grace were over. */
  public void collect() {
    InstantSource later = () -> Instant.now().plus(GarbageTable.GRACE);
    Chore<String> garbage = new DeleteGarbage(node.database(), node.blobs(), later);
    new Chores(List.of(garbage), Leases.ALONE, Runnable::run, 1, later).wake();
  }

  /** The files of committed blobs. */
  public List<Path> blobFiles() {
    return node.blobFiles();
  }

  /** The files of half-written blobs. */
  public List<Path> temporaryFiles() {
    return node.temporaryFiles();
  }

  @Override
  public void close() throws IOException {
    node.close();
  }
}
