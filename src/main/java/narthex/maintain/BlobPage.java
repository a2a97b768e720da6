package narthex.maintain;

import java.util.List;
import narthex.blob.ListedBlob;

/**
 * Blobs as the store lists them.
 *
 * @param blobs at least one, in the order of their keys
 */
record BlobPage(List<ListedBlob> blobs) {
  BlobPage {
    blobs = List.copyOf(blobs);
  }

  /** The key after which the next page begins. */
  String last() {
    return blobs.get(blobs.size() - 1).key();
  }

  @Override
  public String toString() {
    return "blobs up to " + last();
  }
}
