package narthex.maintain;

import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import narthex.blob.BlobStore;
import narthex.blob.ListedBlob;
import narthex.maintain.Finding.Kind;
import narthex.maintain.Finding.Outcome;

/**
 * Counts the blobs that no row names. {@link FindUnnamedBlobs} deletes them; young ones may belong
 * to a NAR that is being stored and don't count. For one thread.
 */
final class CheckBlobs implements FsckStep {
  /** Most blobs that S3 lists in one response. */
  private static final int PAGE = 1000;

  private final BlobStore blobs;
  private final FindUnnamedBlobs unnamed;
  private List<ListedBlob> page = List.of();

  CheckBlobs(Fsck.Store store, BlobStore blobs, InstantSource clock) {
    this.blobs = blobs;
    this.unnamed = new FindUnnamedBlobs(store.database(), blobs, clock);
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
    return unnamed.findUnnamed(new BlobPage(page)).stream()
        .sorted()
        .map(key -> new Finding(Kind.ORPHAN, "blob " + key, () -> Outcome.UNCHANGED))
        .toList();
  }
}
