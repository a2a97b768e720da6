package narthex.blob;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Writes a local file as a new object: in one request, or in parts if it is long. */
final class S3Upload {
  private static final System.Logger LOG = System.getLogger(S3Upload.class.getName());

  /** Length of a part of an object that is longer than {@link #ONE_REQUEST_BYTES}. */
  static final long PART_BYTES = 8L << 20;

  /**
   * Longest object that takes one request: twice the usual length of a pack, as a pack is a little
   * longer than its target, and parts take three requests more.
   */
  static final long ONE_REQUEST_BYTES = 2 * PART_BYTES;

  /**
   * Most parts of an object, see <a
   * href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html">the limits</a>.
   */
  private static final int MOST_PARTS = 10_000;

  private final Bucket bucket;
  private final BucketProbe.Conditions conditions;

  S3Upload(Bucket bucket, BucketProbe.Conditions conditions) {
    this.bucket = bucket;
    this.conditions = conditions;
  }

  /**
   * Writes the object.
   *
   * @throws FileAlreadyExistsException if it exists
   */
  void write(String name, Path file, long length) throws IOException {
    String writeId = UUID.randomUUID().toString();
    FileRange whole = new FileRange(file, 0, length);
    if (length > ONE_REQUEST_BYTES) {
      requireNew(name);
      writeParts(name, writeId, whole);
    } else if (conditions == BucketProbe.Conditions.SUPPORTED) {
      writeNew(name, writeId, whole);
    } else {
      requireNew(name);
      bucket.put(name, writeId, whole, Bucket.Existing.REPLACED);
    }
  }

  private void requireNew(String name) throws IOException {
    if (bucket.head(name).isPresent()) {
      throw new FileAlreadyExistsException(name);
    }
  }

  private void writeNew(String name, String writeId, FileRange whole) throws IOException {
    try {
      bucket.put(name, writeId, whole, Bucket.Existing.REFUSED);
    } catch (FileAlreadyExistsException exists) {
      // Perhaps an earlier try wrote it, and its answer was lost.
      if (!isWritten(name, writeId, whole.length())) {
        throw exists;
      }
    }
  }

  private void writeParts(String name, String writeId, FileRange whole) throws IOException {
    String uploadId = bucket.beginParts(name, writeId);
    try {
      List<String> tags = new ArrayList<>();
      long partBytes = partBytes(whole.length());
      for (long from = 0; from < whole.length(); from += partBytes) {
        long length = Math.min(partBytes, whole.length() - from);
        FileRange part = new FileRange(whole.file(), from, length);
        tags.add(bucket.putPart(name, uploadId, tags.size() + 1, part));
      }
      complete(name, uploadId, tags, new Bucket.Head(whole.length(), writeId));
    } catch (IOException | RuntimeException e) {
      abort(name, uploadId);
      throw e;
    }
  }

  private void complete(String name, String uploadId, List<String> tags, Bucket.Head expected)
      throws IOException {
    try {
      bucket.completeParts(name, uploadId, tags);
    } catch (BucketException e) {
      boolean isDone =
          e.code().equals("NoSuchUpload")
              && isWritten(name, expected.writeId(), expected.lengthBytes());
      if (!isDone) {
        throw e;
      }
    }
  }

  private boolean isWritten(String name, String writeId, long length) throws IOException {
    return bucket.head(name).equals(Optional.of(new Bucket.Head(length, writeId)));
  }

  private void abort(String name, String uploadId) {
    try {
      bucket.abortParts(name, uploadId);
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "parts of an upload not deleted object={0} upload={1} reason={2}",
          name,
          uploadId,
          e.toString());
    }
  }

  /** A multiple of {@link #PART_BYTES}, so that the parts are not too many. */
  static long partBytes(long length) {
    long multiple = (length + PART_BYTES * MOST_PARTS - 1) / (PART_BYTES * MOST_PARTS);
    return Math.max(1, multiple) * PART_BYTES;
  }
}
