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
 * Counts the blobs that no row names. {@link FindUnnamedBlobs} deletes them. Young ones don't
 * count, as they may belong to a NAR that is being stored; nor does garbage, which is about to be
 * deleted. For one thread.
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
    return unnamed.findUnlisted(new BlobPage(page)).stream()
        .map(blob -> new Finding(Kind.ORPHAN, "blob " + blob.key(), () -> Outcome.UNCHANGED))
        .toList();
  }
}
