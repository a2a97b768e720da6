package narthex.maintain;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.blob.BlobStore;
import narthex.blob.ListedBlob;
import narthex.db.Database;
import narthex.db.GarbageTable;
import narthex.nix.Sha256;

/**
 * Removes on demand, in one go, what the chores remove little by little: NARs without a narinfo,
 * blobs without a row, chunks without a NAR, unused parts of packs. The graces of the chores hold:
 * it waits for writers that may still refer to a chunk, and for readers that may still open a blob.
 * Runs beside the chores, and beside everything else. Thread-safe.
 */
public final class WholeCollection {
  private static final int PAGE = 100;

  /** Time for a reader to open a blob after reading its row, if space is needed urgently. */
  private static final Duration SHORT_GRACE = Duration.ofSeconds(1);

  private static final Instant END_OF_TIME = Instant.ofEpochMilli(Long.MAX_VALUE);

  private final Database database;
  private final BlobStore blobs;
  private final Steps steps;
  private final FindUnnamedBlobs unnamedBlobs;
  private final DeleteGarbage deletion;
  private final InstantSource clock;
  private final Pause pause;

  /**
   * The chores of the server, which exclude each other with this collection.
   *
   * @param sweep deletes NARs without a narinfo
   * @param chunks removes chunks
   * @param packs compacts packs
   */
  public record Steps(SweepNars sweep, CollectChunks chunks, CompactPacks packs) {}

  /** Collects what this database no longer needs in this store. */
  public WholeCollection(Database database, BlobStore blobs, Steps steps, InstantSource clock) {
    this(database, blobs, steps, clock, Pause.SHORT);
  }

  WholeCollection(
      Database database, BlobStore blobs, Steps steps, InstantSource clock, Pause pause) {
    this.database = database;
    this.blobs = blobs;
    this.steps = steps;
    this.unnamedBlobs = new FindUnnamedBlobs(database, blobs, clock);
    this.deletion = new DeleteGarbage(database, blobs, clock);
    this.clock = clock;
    this.pause = pause;
  }

  /**
   * What a collection removed.
   *
   * @param sweptNars NARs without a narinfo
   * @param unnamedBlobs blobs without a row
   * @param removedChunks chunks without a NAR
   * @param compactedBytes unused bytes in packs that were copied
   * @param deletedBlobs blobs that were deleted, of all kinds
   * @param freedBytes their length
   * @param isFinished false if it was stopped before the end
   */
  public record Collected(
      long sweptNars,
      long unnamedBlobs,
      long removedChunks,
      long compactedBytes,
      long deletedBlobs,
      long freedBytes,
      boolean isFinished) {}

  /**
   * What a collection would remove if all graces were over.
   *
   * @param unnamedNars NARs without a narinfo
   * @param unnamedBlobs blobs without a row, not listed as garbage
   * @param unnamedBytes their length
   * @param unusedChunks chunks without a NAR
   * @param unusedChunkBytes their length
   * @param garbageBlobs blobs that are listed as garbage
   * @param garbageBytes their length
   * @param isFinished false if it was stopped before the end
   */
  public record Counted(
      long unnamedNars,
      long unnamedBlobs,
      long unnamedBytes,
      long unusedChunks,
      long unusedChunkBytes,
      long garbageBlobs,
      long garbageBytes,
      boolean isFinished) {}

  /**
   * Collects.
   *
   * @throws IOException if the database or the blob store fails; what is done stays done
   */
  public Collected run(Progress progress) throws IOException {
    long swept = sweep(progress);
    long unnamed = listUnnamed(progress);
    return collect(swept, unnamed, progress);
  }

  /**
   * Collects what deleted NARs leave, without a search for NARs and blobs that nothing refers to.
   *
   * @throws IOException if the database or the blob store fails; what is done stays done
   */
  public Collected runAfterDeletion(Progress progress) throws IOException {
    return collect(0, 0, progress);
  }

  private Collected collect(long swept, long unnamed, Progress progress) throws IOException {
    CollectChunks.Round round =
        progress.isStopped()
            ? new CollectChunks.Round(0, false)
            : steps.chunks().runNow(pause, progress);
    long compacted = round.isFinished() ? steps.packs().runNow(progress) : 0;
    Deleted deleted = deleteGarbage(progress);
    return new Collected(
        swept,
        unnamed,
        round.removed(),
        compacted,
        deleted.blobs(),
        deleted.bytes(),
        round.isFinished() && deleted.isFinished());
  }

  /**
   * Collects what deleted NARs leave, as fast as it can, because the store is too large. A blob
   * only keeps a short grace.
   *
   * @return false if it was stopped, for example while it waited for the writers of some NAR
   * @throws IOException if the database or the blob store fails; what is done stays done
   */
  boolean runUrgently(Progress progress) throws IOException {
    deleteGarbage(SHORT_GRACE);
    boolean isFinished = steps.chunks().runNow(pause, progress).isFinished();
    if (isFinished) {
      steps.packs().runNow(progress);
    }
    deleteGarbage(SHORT_GRACE);
    return isFinished;
  }

  /** Deletes the blobs that have been listed for so long. */
  private void deleteGarbage(Duration grace) throws IOException {
    Instant until = clock.instant().plus(GarbageTable.GRACE).minus(grace);
    List<String> page = database.garbage().findDue(until, Optional.empty(), PAGE);
    while (!page.isEmpty()) {
      for (String blob : page) {
        deletion.run(blob);
      }
      page = database.garbage().findDue(until, Optional.of(page.get(page.size() - 1)), PAGE);
    }
  }

  private long sweep(Progress progress) throws IOException {
    long swept = 0;
    List<Sha256> page = steps.sweep().find(Optional.empty(), PAGE);
    while (!page.isEmpty() && !progress.isStopped()) {
      for (Sha256 nar : page) {
        swept += steps.sweep().run(nar) ? 1 : 0;
      }
      progress.at("NARs without a narinfo", swept, 0);
      page = steps.sweep().find(Optional.of(page.get(page.size() - 1)), PAGE);
    }
    return swept;
  }

  private long listUnnamed(Progress progress) throws IOException {
    long seen = 0;
    long listed = 0;
    List<BlobPage> page = unnamedBlobs.find(Optional.empty(), 1);
    while (!page.isEmpty() && !progress.isStopped()) {
      listed += unnamedBlobs.list(page.get(0));
      seen += page.get(0).blobs().size();
      progress.at("blobs searched", seen, 0);
      page = unnamedBlobs.find(Optional.of(page.get(0)), 1);
    }
    return listed;
  }

  private record Deleted(long blobs, long bytes, boolean isFinished) {}

  /** Deletes all blobs that are listed now, each when its grace is over. */
  private Deleted deleteGarbage(Progress progress) throws IOException {
    GarbageTable garbage = database.garbage();
    Instant last = clock.instant().plus(GarbageTable.GRACE);
    long count = 0;
    long bytes = 0;
    List<String> page = garbage.findDue(last, Optional.empty(), PAGE);
    while (!page.isEmpty() && !progress.isStopped()) {
      List<String> due = deletion.find(Optional.empty(), PAGE);
      for (String blob : due) {
        long length = blobs.find(blob).orElse(0);
        if (deletion.run(blob)) {
          count++;
          bytes += length;
        }
      }
      progress.at(due.isEmpty() ? "garbage: wait for readers" : "garbage blobs deleted", count, 0);
      if (due.isEmpty()) {
        pause.pause();
      }
      page = garbage.findDue(last, Optional.empty(), PAGE);
    }
    return new Deleted(count, bytes, page.isEmpty());
  }

  /**
   * Counts what could be collected. Changes nothing.
   *
   * @throws IOException if the database or the blob store fails
   */
  public Counted count(Progress progress) throws IOException {
    Deleted unnamed = countUnnamed(progress);
    long nars = countNars(progress);
    progress.at("chunks without a NAR", 0, 0);
    CollectChunks.Unused chunks = steps.chunks().count(database.uses());
    Deleted garbage = countGarbage(progress);
    return new Counted(
        nars,
        unnamed.blobs(),
        unnamed.bytes(),
        chunks.count(),
        chunks.bytes(),
        garbage.blobs(),
        garbage.bytes(),
        !progress.isStopped());
  }

  private long countNars(Progress progress) throws IOException {
    long count = 0;
    List<Sha256> page = steps.sweep().find(Optional.empty(), PAGE);
    while (!page.isEmpty() && !progress.isStopped()) {
      count += page.size();
      page = steps.sweep().find(Optional.of(page.get(page.size() - 1)), PAGE);
    }
    return count;
  }

  private Deleted countUnnamed(Progress progress) throws IOException {
    long seen = 0;
    long count = 0;
    long bytes = 0;
    List<BlobPage> page = unnamedBlobs.find(Optional.empty(), 1);
    while (!page.isEmpty() && !progress.isStopped()) {
      for (ListedBlob blob : unnamedBlobs.findUnlisted(page.get(0))) {
        count++;
        bytes += blob.lengthBytes();
      }
      seen += page.get(0).blobs().size();
      progress.at("blobs searched", seen, 0);
      page = unnamedBlobs.find(Optional.of(page.get(0)), 1);
    }
    return new Deleted(count, bytes, page.isEmpty());
  }

  private Deleted countGarbage(Progress progress) throws IOException {
    long count = 0;
    long bytes = 0;
    List<String> page = database.garbage().findDue(END_OF_TIME, Optional.empty(), PAGE);
    while (!page.isEmpty() && !progress.isStopped()) {
      for (String blob : page) {
        OptionalLong length = blobs.find(blob);
        count += length.isPresent() ? 1 : 0;
        bytes += length.orElse(0);
      }
      progress.at("garbage blobs", count, 0);
      Optional<String> last = Optional.of(page.get(page.size() - 1));
      page = database.garbage().findDue(END_OF_TIME, last, PAGE);
    }
    return new Deleted(count, bytes, page.isEmpty());
  }
}
