package narthex.maintain;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import narthex.blob.BlobStore;
import narthex.blob.CountingBlobStore;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.db.MortalDatabase;
import narthex.ingest.CdcMode;
import narthex.testing.FaultyUpstream;
import narthex.testing.KillSwitch;
import narthex.testing.node.Node;

/**
 * A node as a process that dies before any write, as if by {@code kill -9}, and the processes that
 * take its place over the same folder, blob store and database. For one thread.
 */
final class MortalNode implements AutoCloseable {
  private final Path folder;
  private final Node.Options options;
  private final Blobs blobs;
  private final FaultyUpstream upstream;
  private KillSwitch process = new KillSwitch();
  private final Deque<Closeable> parts = new ArrayDeque<>();
  private Optional<Node> node = Optional.empty();

  /** Opens the blob store of a process. */
  @FunctionalInterface
  interface Blobs {
    /**
     * @param own the one that a node has usually; closed with the result
     */
    BlobStore open(BlobStore own, KillSwitch process) throws IOException;
  }

  /** Opens nothing yet. */
  MortalNode(Path folder, Node.Options options, Blobs blobs, FaultyUpstream upstream) {
    this.folder = folder;
    this.options = options;
    this.blobs = blobs;
    this.upstream = upstream;
  }

  /** Closes the node, unless its process was killed, and opens the next one. */
  Node restart(CdcMode mode) throws IOException {
    close();
    KillSwitch next = process.successor();
    process = next;
    parts.clear();
    try {
      Node opened =
          Node.open(
              folder,
              options
                  .in(mode)
                  .withOpening(address -> open(address, next))
                  .withBlobs(own -> open(own, next)),
              upstream);
      node = Optional.of(opened);
      return opened;
    } catch (IOException | RuntimeException killed) {
      while (!parts.isEmpty()) { // they are no node's
        parts.pop().close();
      }
      throw killed;
    }
  }

  private Database open(DatabaseAddress address, KillSwitch next) throws IOException {
    Database database = MortalDatabase.open(address, next);
    parts.push(database::close);
    return database;
  }

  private BlobStore open(BlobStore own, KillSwitch next) {
    try {
      BlobStore store = new CountingBlobStore(blobs.open(own, next));
      parts.push(store);
      return store;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lets the process, or one that takes its place before, die after so many more writes. */
  void killAfter(int writes) {
    process.arm(writes);
  }

  /** Lets the next process live. */
  void spareNext() {
    process = new KillSwitch();
  }

  boolean isKilled() {
    return process.isKilled();
  }

  /** Frees what the process had in memory; what a killed one has written stays as it is. */
  @Override
  public void close() throws IOException {
    if (node.isPresent()) {
      Node last = node.get();
      node = Optional.empty();
      last.close();
    }
  }
}
