package narthex.ingest;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;
import narthex.blob.Extent;
import narthex.blob.GrowingManifest;
import narthex.db.WholeFileKey;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * Stores a file in parts while it comes in, so that other replicas can read the parts that are
 * durable. One thread starts, waits and closes; another one copies.
 */
final class FileParts {
  private static final System.Logger LOG = System.getLogger(FileParts.class.getName());
  private static final int BUFFER_BYTES = 64 << 10;

  private final BlobStore blobs;
  private final GrowingManifest file;
  private final Sha256 name;
  private final long partBytes;
  private final CompletableFuture<List<Extent>> parts = new CompletableFuture<>();

  /**
   * @param name the NarHash or FileHash, which the keys of the parts contain
   * @param partBytes length of a part in bytes; the last one may be shorter, and each one while
   *     another replica follows
   */
  FileParts(BlobStore blobs, GrowingManifest file, Sha256 name, long partBytes) {
    this.blobs = blobs;
    this.file = file;
    this.name = name;
    this.partBytes = partBytes;
  }

  /** Starts to copy in another thread. */
  void start(Executor threads) {
    threads.execute(this::copyAll);
  }

  private void copyAll() {
    List<Extent> durable = new ArrayList<>();
    try (InputStream in = file.openUnchecked()) {
      long from = 0;
      for (long length = lengthAt(from); length > 0; length = lengthAt(from)) {
        Extent part = copy(in, length);
        durable.add(part);
        file.extents().add(part);
        from += length;
      }
      parts.complete(durable);
    } catch (IOException | RuntimeException | Error e) {
      delete(durable);
      parts.completeExceptionally(e);
    }
  }

  private long lengthAt(long from) throws IOException {
    return Math.min(partBytes, file.awaitPart(from, partBytes) - from);
  }

  private Extent copy(InputStream in, long length) throws IOException {
    String key = WholeFileKey.create(name);
    byte[] buffer = new byte[BUFFER_BYTES];
    try (BlobSink sink = blobs.create(key)) {
      for (long left = length; left > 0; ) {
        int count = in.read(buffer, 0, (int) Math.min(left, buffer.length));
        if (count < 0) {
          throw new EOFException("the spool of a NAR file ended early");
        }
        sink.write(buffer, 0, count);
        left -= count;
      }
      sink.commit();
    }
    return new Extent(key, 0, length, length);
  }

  /**
   * Waits until all parts are durable. From then on the caller deletes them if no row refers to
   * them.
   *
   * @throws IOException if the file or the store failed; the parts are deleted then
   */
  List<Extent> await() throws IOException {
    try {
      return parts.get();
    } catch (ExecutionException e) {
      throw new IOException("the NAR file can't be stored: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted while storing").initCause(e);
    }
  }

  /** Deletes the parts when the copy has ended. For a file that is given up, after it failed. */
  void discard() {
    parts.whenComplete(this::discard);
  }

  private void discard(@Nullable List<Extent> durable, @Nullable Throwable failure) {
    if (durable != null) {
      delete(durable);
    }
  }

  private void delete(List<Extent> durable) {
    for (Extent part : durable) {
      try {
        blobs.delete(part.blob());
      } catch (IOException e) {
        LOG.log(
            Level.WARNING, "unused part not deleted key={0} reason={1}", part.blob(), e.toString());
      }
    }
  }
}
