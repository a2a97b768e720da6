package narthex.maintain;

import java.util.List;
import narthex.blob.ListedBlob;

/**
 * A page of the listing of the blob store.
 *
 * @param blobs at least one blob, sorted by key
 */
record BlobPage(List<ListedBlob> blobs) {
  BlobPage {
    blobs = List.copyOf(blobs);
  }

  /** Returns the key after which the next page starts. */
  String last() {
    return blobs.get(blobs.size() - 1).key();
  }

  @Override
  public String toString() {
    return "blobs up to " + last();
  }
}
