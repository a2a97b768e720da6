package narthex.blob;

import java.io.IOException;

/** A blob store that can read a blob of unknown length in one request. */
interface RangedBlobStore extends BlobStore {

  /**
   * Opens a range of a blob; the caller closes it. The stream throws rather than end early.
   *
   * @param most longest range, at least 1; it is shorter if the blob ends before
   * @throws BlobLostException if the blob doesn't exist or ends before the range
   */
  OpenRange openRange(String key, long from, long most) throws IOException;
}
