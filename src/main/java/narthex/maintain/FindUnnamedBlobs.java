package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import narthex.blob.BlobStore;
import narthex.blob.ListedBlob;
import narthex.db.Database;
import narthex.db.GarbageTable;

/**
 * Finds blobs that no row refers to and lists them as garbage. Such a blob is left if the server is
 * killed or the database fails after the blob was committed and before its row was. Searches the
 * whole store once a day, page by page.
 */
public final class FindUnnamedBlobs implements Chore<BlobPage> {
  /**
   * Age below which blobs are left alone: the row of a NAR is inserted after its last blob was
   * committed.
   */
  public static final Duration GRACE = Duration.ofHours(24);

  private static final System.Logger LOG = System.getLogger(FindUnnamedBlobs.class.getName());
  private static final Duration PAUSE = Duration.ofHours(24);

  /** Most blobs that S3 lists in one response. */
  private static final int PAGE = 1000;

  private final GarbageTable garbage;
  private final BlobStore blobs;
  private final StoreOwner owner;
  private final InstantSource clock;

  /** Compares the blobs of this store with the rows of this database. */
  public FindUnnamedBlobs(Database database, BlobStore blobs, InstantSource clock) {
    this.garbage = database.garbage();
    this.blobs = blobs;
    this.owner = new StoreOwner(database, blobs);
    this.clock = clock;
  }

  @Override
  public String name() {
    return "find orphaned blobs";
  }

  @Override
  public String done() {
    return "pages of blobs searched for orphans";
  }

  @Override
  public Duration pause() {
    return PAUSE;
  }

  /** Returns one page; empty if the blob store may belong to another database. */
  @Override
  public List<BlobPage> find(Optional<BlobPage> after, int most) throws IOException {
    if (after.isEmpty() && !owner.isOurs()) {
      return List.of();
    }
    List<ListedBlob> page = blobs.list(after.map(BlobPage::last), PAGE);
    return page.isEmpty() ? List.of() : List.of(new BlobPage(page));
  }

  @Override
  public boolean run(BlobPage page) throws IOException {
    return list(page) > 0;
  }

  /** Returns the blobs of a page that no row refers to and that are old enough. */
  private Set<String> findUnnamed(BlobPage page) throws IOException {
    Instant before = clock.instant().minus(GRACE);
    Set<String> old =
        page.blobs().stream()
            .filter(blob -> blob.modifiedAt().isBefore(before))
            .map(ListedBlob::key)
            .filter(key -> !StoreOwner.isMark(key) && !ClusterMark.isMark(key))
            .collect(Collectors.toSet());
    return old.isEmpty() ? Set.of() : garbage.findUnnamed(old);
  }

  /** Returns those of them that aren't listed as garbage yet, sorted by key. */
  List<ListedBlob> findUnlisted(BlobPage page) throws IOException {
    Set<String> unnamed = findUnnamed(page);
    Set<String> listed = garbage.findListed(unnamed);
    return page.blobs().stream()
        .filter(blob -> unnamed.contains(blob.key()) && !listed.contains(blob.key()))
        .toList();
  }

  /** Lists the unnamed blobs of a page as garbage; returns how many weren't listed. */
  int list(BlobPage page) throws IOException {
    Set<String> unnamed = findUnnamed(page);
    if (unnamed.isEmpty()) {
      return 0;
    }
    int listed = garbage.addUnnamed(unnamed, clock.instant().plus(GarbageTable.GRACE));
    if (listed > 0) {
      LOG.log(
          Level.INFO,
          "orphaned blobs found count={0} first={1}",
          Integer.toString(listed),
          unnamed.iterator().next());
    }
    return listed;
  }
}
