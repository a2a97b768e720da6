package narthex.blob;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.util.List;
import java.util.Optional;

/**
 * The objects of an S3 bucket; each method is one request. Names are whole object keys. Every
 * method throws {@link BucketException} if the bucket can't tell. Thread-safe.
 */
interface Bucket extends Closeable {

  /**
   * What a bucket knows about an object.
   *
   * @param lengthBytes its length
   * @param writeId the id that its writer gave it; empty if it gave none
   */
  record Head(long lengthBytes, String writeId) {}

  /**
   * One page of a listing.
   *
   * @param objects sorted by name
   * @param last name of the last object on the page, from which the next page continues; empty if
   *     this is the last page
   */
  record Page(List<ListedBlob> objects, Optional<String> last) {
    /** Copies the list. */
    public Page {
      objects = List.copyOf(objects);
    }
  }

  /** Whether a write replaces an object that exists. */
  enum Existing {
    REFUSED,
    REPLACED
  }

  /** Finds an object; empty if it surely doesn't exist. */
  Optional<Head> head(String name) throws IOException;

  /**
   * Opens a range of an object; the caller closes it.
   *
   * @param most longest range, at least 1; it is shorter if the object ends before
   * @throws BlobLostException if the object doesn't exist or ends before the range; the key in it
   *     is the name
   */
  OpenRange get(String name, long from, long most) throws IOException;

  /**
   * Writes an object.
   *
   * @param writeId see {@link Head}
   * @throws FileAlreadyExistsException if it exists and may not be replaced
   */
  void put(String name, String writeId, FileRange bytes, Existing existing) throws IOException;

  /** Begins an upload in parts, and returns its id. */
  String beginParts(String name, String writeId) throws IOException;

  /**
   * Uploads one part.
   *
   * @param number from 1
   * @return the tag of the part
   */
  String putPart(String name, String uploadId, int number, FileRange bytes) throws IOException;

  /** Makes an object of the parts with these tags, in this order. */
  void completeParts(String name, String uploadId, List<String> tags) throws IOException;

  /** Discards the parts. */
  void abortParts(String name, String uploadId) throws IOException;

  /** Deletes an object, if it exists. */
  void delete(String name) throws IOException;

  /**
   * Lists objects whose names have this prefix and come after this name.
   *
   * @param most longest page, at least 1; a page may be shorter
   */
  Page list(String prefix, String after, int most) throws IOException;
}
