package narthex.ingest;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.lang.System.Logger.Level;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import narthex.blob.BlobSink;
import narthex.blob.Extent;
import narthex.blob.GrowingManifest;
import narthex.chunk.ChunkedWriter;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.stream.BoundedInputStream;
import narthex.stream.CorruptEncodingException;
import narthex.stream.CorruptNarException;
import narthex.stream.Decoders;
import narthex.stream.DigestingInputStream;
import narthex.stream.NarReader;
import narthex.stream.NotNarException;
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
 * The writer appends to a blob's sink and to the file's digest. A verifier follows the growing
 * manifest like any client, decodes, and digests the NAR, at its own pace, so that decoding never
 * slows a client that wants the file as it is. {@link #finish} brings both together: only then do
 * followers get the end, and only then is the blob committed, and last its row. Where chunks are to
 * be kept, the verifier hands on the decoded bytes to be cut and packed, those who want the NAR
 * itself follow its chunks, and the file is discarded in the end.
 *
 * <p>One thread writes, finishes and closes.
 */
public final class NarIngestion implements Closeable {
  private static final System.Logger LOG = System.getLogger(NarIngestion.class.getName());

  /** Small, since a decoder may fill it before it gives anything. */
  private static final int BUFFER_BYTES = 16 << 10;

  private final NarExpectation expected;
  private final @Nullable ChunkedWriter chunks;
  private final Keep keep;
  private final BlobSink sink;
  private final NarIngest ingest;
  private final GrowingManifest manifest;
  private final MessageDigest fileDigest = newSha256();
  private final CompletableFuture<NarId> verified;
  private long written;

  /**
   * What came of an ingestion.
   *
   * @param nar NarHash and NarSize
   * @param stored whether its file was not here before
   */
  record Finished(NarId nar, Stored stored) {}

  NarIngestion(
      NarExpectation expected,
      @Nullable ChunkedWriter chunks,
      Keep keep,
      BlobSink sink,
      OptionalLong length,
      NarIngest ingest,
      ExecutorService verifiers) {
    this.expected = expected;
    this.chunks = chunks;
    this.keep = keep;
    this.sink = sink;
    this.ingest = ingest;
    this.manifest = new GrowingManifest(sink, length);
    this.verified = CompletableFuture.supplyAsync(this::verify, verifiers);
  }

  /** What is written, for those who follow it. */
  public GrowingManifest manifest() {
    return manifest;
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
    sink.write(bytes, offset, length);
    written += length;
    manifest.grown(length);
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
    if (!isNar) {
      requireFileHash(ofFile);
    }
    manifest.written();
    NarId nar = awaitVerified();
    Sha256 fileHash = isNar ? nar.hash() : ofFile; // hashed once
    requireFileHash(fileHash);
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
      return new Finished(nar, Stored.KNOWN);
    }
    if (chunks != null) {
      return finished(nar, ingest.publish(nar, chunks, writer -> writeAgain(nar, writer)));
    }
    sink.commit();
    Extent extent = new Extent(sink.key(), 0, written, written);
    Stored stored =
        ingest.publish(
            nar,
            new Representation(
                Form.WHOLE, expected.compression(), fileHash, written, List.of(extent)));
    return finished(nar, stored);
  }

  private void requireFileHash(Sha256 actual) throws CorruptNarException {
    Sha256 announced = expected.fileHash();
    if (announced != null && !announced.equals(actual)) {
      throw corrupt("FileHash", announced.toString(), actual.toString());
    }
  }

  /** From the file, which is still here. */
  private void writeAgain(NarId nar, ChunkedWriter writer) throws IOException {
    try (InputStream file = manifest.openUnchecked();
        InputStream decoded = Decoders.decode(expected.compression(), file);
        DigestingInputStream again =
            new DigestingInputStream(new ChunkingInputStream(decoded, writer))) {
      announced(again, nar);
      writer.finish();
    }
  }

  private Finished finished(NarId nar, Stored stored) {
    LOG.log(
        Level.INFO,
        stored == Stored.NEW
            ? "nar stored hash={0} size={1} compression={2} fileSize={3} keep={4} source={5}"
            : "nar known hash={0} size={1} compression={2} fileSize={3} keep={4} source={5}",
        nar.hash().nix32(),
        Long.toString(nar.sizeBytes()),
        expected.compression().nixName(),
        Long.toString(written),
        keep,
        expected.source());
    return new Finished(nar, stored);
  }

  /** Ends the ingestion for this reason: those who follow it fail, and nothing is stored. */
  public void fail(IOException reason) {
    manifest.fail(reason);
    if (chunks != null) {
      chunks.manifest().fail(reason);
    }
  }

  /** Frees what it holds; unless it was finished, those who follow it fail. */
  @Override
  public void close() throws IOException {
    fail(new IOException("the NAR's transfer was given up"));
    ChunkedWriter writer = chunks;
    if (writer != null) { // which belongs to the verifier until that has ended
      verified.whenComplete((nar, failure) -> writer.close());
    }
    sink.close();
  }

  private NarId verify() {
    try (InputStream written = manifest.openUnchecked();
        InputStream decoded = Decoders.decode(expected.compression(), written);
        DigestingInputStream nar =
            new DigestingInputStream(
                chunking(new BoundedInputStream(decoded, expected.maxNarBytes(), "NAR")))) {
      NarId checked = expected.nar() == null ? parsed(nar) : announced(nar, expected.nar());
      if (chunks != null) {
        chunks.finish();
      }
      return checked;
    } catch (TooLongException e) {
      throw rejected(
          expected.nar() == null
              ? e
              : corrupt("NarSize", Long.toString(expected.maxNarBytes()), "more"));
    } catch (CorruptNarException e) {
      throw rejected(e);
    } catch (CorruptEncodingException e) {
      throw rejected(corrupt("NAR", "decodable", String.valueOf(e.getMessage())));
    } catch (IOException e) {
      throw rejected(e);
    } catch (RuntimeException | Error e) {
      throw rejected(new IOException("check of the NAR broke: " + e, e));
    }
  }

  private InputStream chunking(InputStream nar) {
    return chunks == null ? nar : new ChunkingInputStream(nar, chunks);
  }

  /** Reads to the end, and compares hash and size with those announced. */
  private NarId announced(DigestingInputStream nar, NarId wanted) throws IOException {
    readAll(nar);
    if (nar.count() != wanted.sizeBytes()) {
      throw corrupt("NarSize", Long.toString(wanted.sizeBytes()), Long.toString(nar.count()));
    }
    Sha256 narHash = nar.digest();
    if (!narHash.equals(wanted.hash())) {
      throw corrupt("NarHash", wanted.hash().toString(), narHash.toString());
    }
    return wanted;
  }

  /** Reads to the end; whether it is a NAR is told by its form alone. */
  private NarId parsed(DigestingInputStream nar) throws IOException {
    try {
      NarReader.read(nar, new NarReader.Visitor() {});
    } catch (NotNarException e) {
      throw corrupt("NAR", "a NAR", String.valueOf(e.getMessage()));
    }
    return new NarId(nar.digest(), nar.count());
  }

  private static void readAll(InputStream nar) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    while (nar.read(buffer, 0, buffer.length) >= 0) {
      // the digest is all that is wanted
    }
  }

  private CompletionException rejected(IOException reason) {
    fail(reason);
    return new CompletionException(reason);
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

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
