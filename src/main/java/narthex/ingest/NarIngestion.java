package narthex.ingest;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.System.Logger.Level;
import java.security.MessageDigest;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
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
 * One NAR file on its way in.
 *
 * <h2>Problem</h2>
 *
 * Clients follow the bytes while they come, yet nothing may count as stored, nor end cleanly at a
 * client, before NarHash, NarSize and FileHash are right.
 *
 * <h2>How</h2>
 *
 * The writer appends to a local spool and to the file's digest. A {@link NarCheck} follows the
 * growing manifest like any client, at its own pace, so that decoding never slows a client that
 * wants the file as it is. {@link #finish} brings both together: only then does the spool become a
 * blob, and last comes its row. Followers of the NAR get its end only then, too; followers of the
 * file that was announced as soon as FileHash is right, if there is one. Where chunks are to be
 * kept, the check hands on the decoded bytes to be cut and packed, those who want the NAR itself
 * follow its chunks, and the file is discarded in the end.
 *
 * <p>One thread writes, finishes and closes.
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
  private long written;
  private boolean hasCome;

  /**
   * What came of an ingestion.
   *
   * @param nar NarHash and NarSize
   * @param stored whether its file was not here before
   * @param compression of the file
   * @param fileHash of the file
   * @param fileBytes how many the file has
   */
  record Finished(
      NarId nar, Stored stored, Compression compression, Sha256 fileHash, long fileBytes) {
    /** What a narinfo says of the file. */
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

  /** What is written, for those who follow it; complete as soon as the NAR in it is right. */
  public GrowingManifest manifest() {
    return manifest;
  }

  /** The same for those who send the file itself: fails if it is not the one that was announced. */
  GrowingManifest announcedFile() {
    return announced;
  }

  /** Runs this, in the checking thread, once the first decoded bytes prove to be those of a NAR. */
  void whenBegun(Runnable told) {
    var unused = check.begun().thenRun(told);
  }

  /**
   * Runs this, once, if the file turns out wrong or cannot be had to its end, before those who
   * follow it learn that.
   */
  void whenFailing(Runnable told) {
    var unused = check.failing().thenRun(told);
  }

  /**
   * The NAR itself where it is cut into chunks, for those who follow it: decoded already, and as
   * far as it is written to packs.
   */
  public @Nullable GrowingManifest narManifest() {
    return chunks == null ? null : chunks.manifest();
  }

  /** The FileHash that the file must have, if it was announced. */
  @Nullable Sha256 announcedHash() {
    return expected.fileHash();
  }

  /** The NAR that must be in the file, if it was announced. */
  @Nullable NarId announcedNar() {
    return expected.nar();
  }

  /** How many bytes of the file are written. */
  public long written() {
    return written;
  }

  /**
   * Appends bytes of the file.
   *
   * @throws CorruptNarException as soon as they cannot be right any more
   * @throws TooLongException as soon as they are more than a NAR that nobody announced may have
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
    spool.write(bytes, offset, length);
    written += length;
    manifest.grown(length);
    Long size = expected.fileSizeBytes();
    if (size != null && written > size) {
      announced.fail(corrupt("FileSize", "at most " + size, "more"));
    }
    announced.grown(length);
  }

  /**
   * Checks the whole file, lets those who follow it see its end, and stores what is to be kept.
   *
   * @throws CorruptNarException if anything is not as expected; then nothing is stored
   * @throws TooLongException if a NAR that nobody announced is too long; then nothing is stored
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
    NarId nar = awaitVerified();
    Sha256 fileHash = isNar ? nar.hash() : ofFile; // hashed once
    completeAnnounced(fileHash);
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
    String key = WholeFileKey.create(nar.hash());
    spool.commit(key);
    manifest.durable(new Extent(key, 0, written, written));
    boolean isNew =
        stored.publish(
            nar,
            new Representation(
                Form.WHOLE, expected.compression(), fileHash, written, manifest.extents()));
    return stored(nar, isNew, fileHash);
  }

  private void ended() {
    if (late != null && !hasCome) {
      late.transferEnded();
    }
    hasCome = true;
  }

  /** Readers of a file that is what was announced need not wait until the NAR in it is checked. */
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
   * Where NarHash was announced, that decides what is stored. A file that has another FileHash or
   * FileSize than announced is only not sent as the one that was announced.
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
    LOG.log(
        Level.INFO,
        isNew
            ? "nar stored hash={0} size={1} compression={2} fileSize={3} keep={4} source={5}"
            : "nar known hash={0} size={1} compression={2} fileSize={3} keep={4} source={5}",
        nar.hash().nix32(),
        Long.toString(nar.sizeBytes()),
        expected.compression().nixName(),
        Long.toString(written),
        keep,
        expected.source());
    return finished(nar, isNew ? Stored.NEW : Stored.KNOWN, fileHash);
  }

  /** Ends the ingestion for this reason: those who follow it fail, and nothing is stored. */
  public void fail(IOException reason) {
    check.fail(reason);
  }

  /** Frees what it holds; unless it was finished, those who follow it fail. */
  @Override
  public void close() throws IOException {
    ended();
    fail(new IOException("the transfer of the NAR was aborted"));
    ChunkedWriter writer = chunks;
    if (writer != null) { // which belongs to the check until that has ended
      verified.whenComplete((nar, failure) -> writer.close());
    }
    spool.close();
  }

  private NarId awaitVerified() throws IOException {
    try {
      return verified.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException reason) {
        throw reason;
      }
      throw new IOException("check of the NAR broke", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted while checking").initCause(e);
    }
  }

  private CorruptNarException corrupt(String what, String wanted, String actual) {
    return new CorruptNarException(what, wanted, actual, expected.source());
  }
}
