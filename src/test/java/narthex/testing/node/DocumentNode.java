package narthex.testing.node;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import narthex.blob.BlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.db.GarbageTable;
import narthex.document.DocumentFetch;
import narthex.document.DocumentIngest;
import narthex.document.DocumentLookup;
import narthex.document.DocumentUpload;
import narthex.document.OpenDocument;
import narthex.ingest.NarInfoUpload.Trust;
import narthex.maintain.Chore;
import narthex.maintain.Chores;
import narthex.maintain.DeleteGarbage;
import narthex.nix.DocumentName;
import narthex.nix.HttpUrl;
import narthex.nix.PublicKey;
import narthex.nix.SecretKey;
import narthex.serve.NarInfoSigner;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.testing.FaultyUpstream;
import narthex.upstream.Netrc;
import narthex.upstream.Upstream;
import narthex.upstream.UpstreamPolicy;
import narthex.upstream.Upstreams;

/** The part of a server that knows documents, over a folder; without HTTP. */
public final class DocumentNode implements AutoCloseable {
  /** Longest document taken. */
  public static final int MAX_BYTES = 1 << 20;

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration RETRY_WITHIN = Duration.ofMillis(300);

  private final ExecutorService tasks = Executors.newCachedThreadPool();
  private final Path folder;
  private final Database database;
  private final BlobStore blobs;
  private final DecoderBudget decoders;
  private final Upstreams upstreams;
  private final DocumentIngest ingest;
  private final DocumentLookup lookup;

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

  private DocumentNode(Path folder, Options options, List<FaultyUpstream> sources)
      throws IOException {
    this.folder = folder;
    String file = folder.resolve("narthex.db").toString();
    this.database = Database.open(new DatabaseAddress("jdbc:sqlite:" + file, null, null, null));
    this.blobs = options.blobs().apply(DirectoryBlobStore.open(folder.resolve("store")));
    UpstreamPolicy.Limits limits =
        new UpstreamPolicy.Limits(PATIENCE, PATIENCE, RETRY_WITHIN, 50, 1000, Duration.ofMillis(1));
    this.decoders = DecoderBudget.inHeap(0);
    List<Upstream> made = new ArrayList<>();
    for (FaultyUpstream source : sources) {
      made.add(
          new Upstream(
              new UpstreamPolicy(
                  HttpUrl.parse(source.url()),
                  options.trustedKeys(),
                  sources.size() - made.size(),
                  UpstreamPolicy.Trust.SIGNED,
                  limits),
              "/nix/store",
              Netrc.empty(),
              decoders.share(Work.DOWNLOADS)));
    }
    this.upstreams =
        new Upstreams(
            made,
            new Upstreams.SearchPolicy(PATIENCE, PATIENCE, options.negativeTtl(), 1000),
            tasks);
    this.ingest = new DocumentIngest(blobs, database, InstantSource.system());
    this.lookup =
        new DocumentLookup(
            database,
            blobs,
            new DocumentFetch(upstreams, ingest, MAX_BYTES),
            ingest,
            new NarInfoSigner(List.of(options.ours()), List.of()),
            decoders.share(Work.READING));
  }

  /** A node over this folder with these upstreams, the last of the best priority. */
  public static DocumentNode open(Path folder, Options options, FaultyUpstream... upstreams)
      throws IOException {
    return new DocumentNode(folder, options, List.of(upstreams));
  }

  /** Where documents are found. */
  public DocumentLookup lookup() {
    return lookup;
  }

  /** The door for documents. */
  public DocumentIngest ingest() {
    return ingest;
  }

  /** The rows. */
  public Database database() {
    return database;
  }

  /** Uploads that need these keys' signatures, or none. */
  public DocumentUpload upload(Trust trust, PublicKey... keys) {
    return new DocumentUpload(
        new DocumentUpload.Policy(MAX_BYTES, trust, List.of(keys)),
        ingest,
        upstreams,
        decoders.share(Work.UPLOADS));
  }

  /** The bytes of a document as clients get them, from here or an upstream. */
  public Optional<byte[]> read(DocumentName name) throws IOException {
    return bytes(lookup.find(name));
  }

  /** The bytes of a document as clients get them, from here only. */
  public Optional<byte[]> readHere(DocumentName name) throws IOException {
    return bytes(lookup.findHere(name));
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
    Chore<String> garbage = new DeleteGarbage(database, blobs, later);
    new Chores(List.of(garbage), Runnable::run, 1, later).wake();
  }

  /** The files of committed blobs. */
  public List<Path> blobFiles() {
    return Node.files(folder.resolve("store/blobs"));
  }

  /** The files of half-written blobs. */
  public List<Path> temporaryFiles() {
    return Node.files(folder.resolve("store/tmp")).stream()
        .filter(file -> !file.toString().endsWith(".lock"))
        .toList();
  }

  @Override
  public void close() throws IOException {
    upstreams.close();
    tasks.shutdownNow();
    blobs.close();
    database.close();
  }
}
