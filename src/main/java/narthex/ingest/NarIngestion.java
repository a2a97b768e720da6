package narthex.ingest;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.security.MessageDigest;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import narthex.blob.BlobStore;
import narthex.blob.Extent;
import narthex.blob.GrowingManifest;
import narthex.blob.Spool;
import narthex.chunk.ChunkedWriter;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.db.WholeFileKey;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.store.ChunkedNars;
import narthex.store.StoredNars;
import narthex.stream.CorruptNarException;
import narthex.stream.TooLongException;
import org.jspecify.annotations.Nullable;

/**
 * The ingestion of one NAR file: writes it to a spool, verifies it, and stores it.
 *
 * <h2>Problem</h2>
 *
 * Clients read the file while it arrives. But no row may be committed before the NAR is verified,
 * and no response may end normally before the bytes that it sent are.
 *
 * <h2>How</h2>
 *
 * The writer appends to a local spool and updates the digest of the file. A {@link NarCheck} reads
 * the growing manifest in a thread of its own, so decoding doesn't slow down clients that read the
 * file unchanged. {@link #finish} waits for the check, makes the spool a blob, and then commits the
 * row.
 *
 * <p>Readers of {@link #manifest} see its end only after the check. Readers of {@link
 * #announcedFile} see its end as soon as the FileHash is verified, if one was announced and the
 * check isn't needed first.
 *
 * <p>With {@link Keep#CHUNKED}, the check also cuts the decoded bytes into chunks and writes these
 * to packs. Readers of the NAR itself then read {@link #narManifest}, and {@link #close} discards
 * the file.
 *
 * <p>Not thread-safe: one thread writes, finishes and closes. The manifests are thread-safe.
 */
public final class NarIngestion implements Closeable {
  private static final System.Logger LOG = System.getLogger(NarIngestion.class.getName());

  private final NarExpectation expected;
  private final @Nullable ChunkedWriter chunks;
  private final Keep keep;
  private final Spool spool;
  private final StoredNars stored;
  private final ChunkedNars chunked;
  private final GrowingManifest manifest;
  private final GrowingManifest announced;
  private final MessageDigest fileDigest = Sha256.newDigest();
  private final NarCheck check;
  private final CompletableFuture<NarId> verified;
  private final @Nullable LateChecks late;
  private final long startedAt = System.nanoTime();
  private @Nullable FileParts parts;
  private volatile long written; // set by the writer's thread only
  private boolean isStoring;
  private boolean hasCome;

  /**
   * The result of an ingestion.
   *
   * @param nar NarHash and NarSize
   * @param stored {@link Stored#NEW} if this ingestion stored the NAR in a new form
   * @param compression of the file
   * @param fileHash of the file
   * @param fileBytes length of the file in bytes
   */
  record Finished(
      NarId nar, Stored stored, Compression compression, Sha256 fileHash, long fileBytes) {
    /** The description of the file for a narinfo, with this URL. */
    NarFile file(String url) {
      return new NarFile(url, compression, fileHash, fileBytes);
    }
  }

  NarIngestion(
      NarExpectation expected,
      Keep keep,
      Spool spool,
      StoredNars stored,
      ChunkedNars chunked,
      NarCheck.Means means) {
    this.expected = expected;
    this.keep = keep;
    this.spool = spool;
    this.stored = stored;
    this.chunked = chunked;
    this.chunks = keep == Keep.CHUNKED ? chunked.cut(expected.nar()) : null;
    Long size = expected.fileSizeBytes();
    OptionalLong length = size == null ? OptionalLong.empty() : OptionalLong.of(size);
    this.manifest = new GrowingManifest(spool, length);
    this.announced = new GrowingManifest(spool, length);
    this.check = new NarCheck(expected, chunks, List.of(manifest, announced), means);
    this.verified = check.start();
    this.late = means.late();
    if (late != null) {
      late.transferBegun();
    }
  }

  /** The bytes of the file; complete as soon as the NAR in it is verified. */
  public GrowingManifest manifest() {
    return manifest;
  }

  /**
   * The same bytes; fails if the file doesn't have the announced FileHash or FileSize. For readers
   * that send the file unchanged.
   */
  GrowingManifest announcedFile() {
    return announced;
  }

  /**
   * Runs the action once, as soon as the first decoded bytes prove to be the start of a NAR. It
   * runs in the checking thread, or in the caller's if that has already happened.
   */
  void whenBegun(Runnable told) {
    var unused = check.begun().thenRun(told);
  }

  /**
   * Runs the action once if the file is corrupt or its transfer fails, in the thread that detects
   * it, before any reader sees the failure.
   */
  void whenFailing(Runnable told) {
    var unused = check.failing().thenRun(told);
  }

  /**
   * The decoded NAR, as far as its chunks are written to packs; null if the NAR isn't cut into
   * chunks.
   */
  public @Nullable GrowingManifest narManifest() {
    return chunks == null ? null : chunks.manifest();
  }

  /** The announced FileHash; null if there is none. */
  @Nullable Sha256 announcedHash() {
    return expected.fileHash();
  }

  /** The compression of the file. */
  Compression compression() {
    return expected.compression();
  }

  /** The announced NarHash and NarSize; null if there are none. */
  @Nullable NarId announcedNar() {
    return expected.nar();
  }

  /**
   * Whether a failure now is one of our storage, not of the source: true while bytes are written to
   * the spool, and once the NAR is verified. For the writing thread.
   */
  boolean isStoring() {
    return isStoring;
  }

  /** Number of bytes of the file written so far. */
  public long written() {
    return written;
  }

  /**
   * Appends bytes of the file.
   *
   * @throws CorruptNarException if the check has found the file corrupt, or the file is longer than
   *     expected
   * @throws TooLongException if neither NAR nor FileSize was announced and the file exceeds the
   *     limit
   */
  public void write(byte[] bytes, int offset, int length) throws IOException {
    IOException failure = manifest.failure();
    if (failure != null) {
      throw failure;
    }
    if (written + length > expected.maxFileBytes()) {
      if (expected.fileSizeBytes() == null && expected.nar() == null) {
        throw new TooLongException("NAR file", expected.maxFileBytes());
      }
      throw corrupt("FileSize", "at most " + expected.maxFileBytes(), "more");
    }
    if (expected.compression() != Compression.NONE) {
      fileDigest.update(bytes, offset, length);
    }
    isStoring = true;
    spool.write(bytes, offset, length);
    isStoring = false;
    long sum = written + length;
    written = sum;
    manifest.grown(length);
    Long size = expected.fileSizeBytes();
    if (size != null && written > size) {
      announced.fail(corrupt("FileSize", "at most " + size, "more"));
    }
    announced.grown(length);
  }

  /**
   * Ends the file: waits until it is verified, completes the manifests, and stores what {@link
   * Keep} says.
   *
   * @throws CorruptNarException if the file isn't as expected; nothing is stored then
   * @throws TooLongException if the NAR wasn't announced and exceeds the limit; nothing is stored
   *     then
   */
  Finished finish() throws IOException {
    boolean isNar = expected.compression() == Compression.NONE;
    Sha256 ofFile = Sha256.of(fileDigest.digest());
    if (!isNar && expected.nar() == null) {
      requireFileHash(ofFile);
    }
    manifest.written();
    announced.written();
    ended();
    letFileEnd(ofFile);
    NarId nar = check.awaitVerified();
    Sha256 fileHash = isNar ? nar.hash() : ofFile; // hashed once
    completeAnnounced(fileHash);
    isStoring = true;
    manifest.complete();
    if (chunks != null) {
      chunks.manifest().complete();
    }
    if (keep == Keep.NOTHING) {
      LOG.log(
          Level.INFO,
          "nar passed through hash={0} compression={1} source={2}",
          nar.hash().nix32(),
          expected.compression().nixName(),
          expected.source());
      return finished(nar, Stored.KNOWN, fileHash);
    }
    if (chunks != null) {
      return stored(
          nar, chunked.publish(nar, chunks, writer -> check.cutAgain(nar, writer)), fileHash);
    }
    List<Extent> extents = makeDurable(nar);
    boolean isNew =
        stored.publish(
            nar,
            new Representation(Form.WHOLE, expected.compression(), fileHash, written, extents));
    return stored(nar, isNew, fileHash);
  }

  private List<Extent> makeDurable(NarId nar) throws IOException {
    FileParts copied = parts;
    if (copied != null) {
      List<Extent> extents = copied.await();
      parts = null; // publishing discards what it doesn't need
      return extents;
    }
    String key = WholeFileKey.create(nar.hash());
    spool.commit(key);
    return List.of(new Extent(key, 0, written, written));
  }

  /**
   * Stores the file in parts while it comes in. Does nothing if the file isn't kept, or neither
   * NarHash nor FileHash was announced.
   *
   * @param threads runs one task until the file has ended
   */
  void storeInParts(BlobStore blobs, long partBytes, Executor threads) {
    NarId nar = expected.nar();
    Sha256 name = nar == null ? expected.fileHash() : nar.hash();
    if (keep == Keep.WHOLE && name != null) {
      FileParts begun = new FileParts(blobs, manifest, name, partBytes);
      begun.start(threads);
      parts = begun;
    }
  }

  private void ended() {
    if (late != null && !hasCome) {
      late.transferEnded();
    }
    hasCome = true;
  }

  /**
   * Completes {@link #announcedFile} before the check if the FileHash is right and {@link
   * LateChecks} accepts the check; else resumes the check at once.
   */
  private void letFileEnd(Sha256 ofFile) {
    Long size = expected.fileSizeBytes();
    boolean isAnnounced =
        expected.compression() != Compression.NONE
            && expected.fileHash() != null
            && expected.fileHash().equals(ofFile)
            && (size == null || size == written);
    LateChecks others = check.mayBeLate() ? late : null;
    boolean endsNow =
        isAnnounced
            && (others == null || others.accept(() -> check.proceedWithin(others), written));
    if (endsNow) {
      announced.complete();
    } else {
      check.proceed();
    }
  }

  /**
   * Verifies FileHash and FileSize. If the NarHash was announced, a mismatch only fails {@link
   * #announcedFile}: the NAR is right and is stored. Otherwise a mismatch fails the ingestion.
   */
  private void completeAnnounced(Sha256 fileHash) throws CorruptNarException {
    try {
      requireFileHash(fileHash);
      Long size = expected.fileSizeBytes();
      if (size != null && expected.nar() != null && written != size) {
        throw corrupt("FileSize", Long.toString(size), Long.toString(written));
      }
      announced.complete();
    } catch (CorruptNarException e) {
      if (expected.nar() == null) {
        throw e;
      }
      LOG.log(Level.WARNING, "upstream narinfo describes another file reason={0}", e.getMessage());
      announced.fail(e);
    }
  }

  private void requireFileHash(Sha256 actual) throws CorruptNarException {
    Sha256 announced = expected.fileHash();
    if (announced != null && !announced.equals(actual)) {
      throw corrupt("FileHash", announced.toString(), actual.toString());
    }
  }

  private Finished finished(NarId nar, Stored published, Sha256 fileHash) {
    return new Finished(nar, published, expected.compression(), fileHash, written);
  }

  private Finished stored(NarId nar, boolean isNew, Sha256 fileHash) {
    stored.uses().note(nar.hash());
    LOG.log(
        Level.INFO,
        (isNew ? "nar stored" : "nar known")
            + " hash={0} size={1} compression={2} fileSize={3} keep={4} source={5} path={6} ms={7}",
        nar.hash().nix32(),
        Long.toString(nar.sizeBytes()),
        expected.compression().nixName(),
        Long.toString(written),
        keep,
        expected.source(),
        expected.path(),
        Long.toString(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedAt)));
    return finished(nar, isNew ? Stored.NEW : Stored.KNOWN, fileHash);
  }

  /**
   * Fails the ingestion: its readers fail with this reason, and nothing is stored. Does nothing to
   * manifests that are complete.
   */
  public void fail(IOException reason) {
    check.fail(reason);
  }

  /** Closes the spool and the chunk writer. Readers fail unless the ingestion was finished. */
  @Override
  public void close() throws IOException {
    ended();
    fail(new IOException("the transfer of the NAR was aborted"));
    FileParts unused = parts;
    if (unused != null) {
      unused.discard();
    }
    ChunkedWriter writer = chunks;
    if (writer != null) { // the check uses the writer until it has ended
      verified.whenComplete((nar, failure) -> writer.close());
    }
    spool.close();
  }

  private CorruptNarException corrupt(String what, String wanted, String actual) {
    return new CorruptNarException(what, wanted, actual, expected.source());
  }
}
