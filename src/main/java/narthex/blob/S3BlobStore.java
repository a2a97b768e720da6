package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Stores blobs as objects of an S3 bucket, one object per blob. Spools are local files.
 *
 * <p>The object of a blob appears with the last byte of its upload, so that it is complete or
 * absent. Several processes may share the bucket.
 */
public final class S3BlobStore implements RangedBlobStore {
  /** How long a start tries to reach the bucket. */
  private static final Duration LONGEST_PROBE = Duration.ofSeconds(5);

  private static final String NO_BLOB = "readiness-probe";

  private final Bucket once; // never tries again
  private final Bucket bucket;
  private final String prefix;
  private final S3Upload upload;
  private final TemporaryFolder temporary;

  private S3BlobStore(
      Bucket once, Bucket bucket, String prefix, S3Upload upload, TemporaryFolder temporary) {
    this.once = once;
    this.bucket = bucket;
    this.prefix = prefix;
    this.upload = upload;
    this.temporary = temporary;
  }

  /**
   * Opens the store; the caller closes it. Checks that objects can be written, read, listed and
   * deleted.
   *
   * @param spools folder for local files; created if it doesn't exist
   * @throws IOException if the bucket can't be used; the message says why in one line
   */
  public static S3BlobStore open(S3Address address, S3Access access, Path spools)
      throws IOException {
    S3Bucket once = S3Clients.open(address, access);
    TemporaryFolder temporary = null;
    try {
      temporary = TemporaryFolder.open(spools);
      Duration within = access.limits().retryWithin();
      Duration probing = within.compareTo(LONGEST_PROBE) < 0 ? within : LONGEST_PROBE;
      BucketProbe.Conditions conditions =
          new BucketProbe(new RetryingBucket(once, probing), address).run(temporary.newFile());
      Bucket bucket = new RetryingBucket(once, within);
      return new S3BlobStore(
          once, bucket, address.prefix(), new S3Upload(bucket, conditions), temporary);
    } catch (IOException | RuntimeException e) {
      once.close();
      if (temporary != null) {
        temporary.close();
      }
      throw e;
    }
  }

  @Override
  public OptionalLong find(String key) throws IOException {
    return bucket.head(name(key)).stream().mapToLong(Bucket.Head::lengthBytes).findFirst();
  }

  @Override
  public InputStream open(String key, long from, long length) throws IOException {
    if (length == 0) {
      requireLength(key, from);
      return InputStream.nullInputStream();
    }
    OpenRange range = openRange(key, from, length);
    if (range.lengthBytes() < length) {
      range.bytes().close();
      throw tooShort(key, range.blobBytes(), from + length);
    }
    return range.bytes();
  }

  @Override
  public OpenRange openRange(String key, long from, long most) throws IOException {
    OpenRange first = get(key, from, most);
    InputStream bytes =
        new ResumingInputStream(
            key, from, first, (start, length) -> get(key, start, length).bytes());
    return new OpenRange(bytes, first.lengthBytes(), first.blobBytes());
  }

  private OpenRange get(String key, long from, long most) throws IOException {
    try {
      return bucket.get(name(key), from, most);
    } catch (BlobLostException e) {
      throw new BlobLostException(key, "not in the bucket, or too short: " + e.getMessage());
    }
  }

  private void requireLength(String key, long length) throws IOException {
    OptionalLong found = find(key);
    if (found.isEmpty()) {
      throw new BlobLostException(key, "no such object");
    }
    if (found.getAsLong() < length) {
      throw tooShort(key, found.getAsLong(), length);
    }
  }

  private static BlobLostException tooShort(String key, long length, long expected) {
    return new BlobLostException(
        key, String.format(Locale.ROOT, "length is %d, expected at least %d", length, expected));
  }

  @Override
  public Spool spool() throws IOException {
    return new S3Spool(temporary.newFile(), new Objects());
  }

  @Override
  public void delete(String key) throws IOException {
    bucket.delete(name(key));
  }

  @Override
  public List<ListedBlob> list(Optional<String> after, int most) throws IOException {
    List<ListedBlob> blobs = new ArrayList<>();
    Optional<String> next = Optional.of(prefix + after.orElse(""));
    while (blobs.isEmpty() && next.isPresent()) {
      Bucket.Page page = bucket.list(prefix, next.get(), most);
      for (ListedBlob object : page.objects()) {
        String key = object.key().substring(prefix.length());
        if (BlobKeys.isKey(key)) { // others are not ours
          blobs.add(new ListedBlob(key, object.lengthBytes(), object.modifiedAt()));
        }
      }
      next = page.last();
    }
    return blobs;
  }

  @Override
  public void ping() throws IOException {
    once.head(name(NO_BLOB));
  }

  /** Closes the connections, and deletes the local files, including those of open spools. */
  @Override
  public void close() throws IOException {
    try {
      temporary.close();
    } finally {
      bucket.close();
    }
  }

  private String name(String key) {
    return prefix + BlobKeys.check(key);
  }

  private final class Objects implements S3Spool.Target {
    @Override
    public void write(String key, Path file, long length) throws IOException {
      upload.write(name(key), file, length);
    }

    @Override
    public InputStream open(String key, long from, long length) throws IOException {
      return S3BlobStore.this.open(key, from, length);
    }
  }
}
