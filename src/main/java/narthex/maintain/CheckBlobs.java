package narthex.maintain;

import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import narthex.blob.BlobStore;
import narthex.blob.ListedBlob;
import narthex.db.GarbageTable;
import narthex.maintain.Finding.Kind;
import narthex.maintain.Finding.Outcome;

/**
 * Counts the blobs that no row names. {@link FindUnnamedBlobs} deletes them. Young ones don't
 * count, as they may belong to a NAR that is being stored; nor does garbage, which is about to be
 * deleted. For one thread.
 */
final class CheckBlobs implements FsckStep {
  /** Most blobs that S3 lists in one response. */
  private static final int PAGE = 1000;

  private final BlobStore blobs;
  private final FindUnnamedBlobs unnamed;
  private final GarbageTable garbage;
  private List<ListedBlob> page = List.of();

  CheckBlobs(Fsck.Store store, BlobStore blobs, InstantSource clock) {
    this.blobs = blobs;
    this.unnamed = new FindUnnamedBlobs(store.database(), blobs, clock);
    this.garbage = store.database().garbage();
  }

  @Override
  public String name() {
    return "blobs";
  }

  /** Returns the last key of a page. */
  @Override
  public List<String> find(String after, int most) throws IOException {
    page = blobs.list(after.isEmpty() ? Optional.empty() : Optional.of(after), PAGE);
    return page.isEmpty() ? List.of() : List.of(page.get(page.size() - 1).key());
  }

  @Override
  public List<Finding> look(String last) throws IOException {
    Set<String> found = unnamed.findUnnamed(new BlobPage(page));
    Set<String> listed = garbage.findListed(found);
    return found.stream()
        .filter(key -> !listed.contains(key))
        .sorted()
        .map(key -> new Finding(Kind.ORPHAN, "blob " + key, () -> Outcome.UNCHANGED))
        .toList();
  }
}
