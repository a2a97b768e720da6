package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** Writes, reads, lists and deletes a small object, to learn whether a bucket can be used. */
final class BucketProbe {
  private static final System.Logger LOG = System.getLogger(BucketProbe.class.getName());

  /** Not a blob key, so that no listing of blobs has it. */
  private static final String FOLDER = ".probe/";

  private final Bucket bucket;
  private final S3Address address;
  private final String name;

  /** Whether the server refuses to replace an object when asked for that. */
  enum Conditions {
    SUPPORTED,
    UNSUPPORTED
  }

  /** One request of the probe. */
  @FunctionalInterface
  private interface Request<T> {
    T send() throws IOException;
  }

  BucketProbe(Bucket bucket, S3Address address) {
    this.bucket = bucket;
    this.address = address;
    this.name = address.prefix() + FOLDER + UUID.randomUUID();
  }

  /**
   * Makes the requests.
   *
   * @param file a new local file; deleted afterwards
   * @throws IOException if a request fails; the message says in one line what is wrong
   */
  Conditions run(Path file) throws IOException {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    try {
      Files.write(file, bytes);
      FileRange whole = new FileRange(file, 0, bytes.length);
      Conditions conditions = write(whole);
      ask("s3:GetObject", () -> read(bytes.length));
      // Without the permission to list, a server answers 403 for an object that doesn't exist.
      ask("s3:ListBucket", () -> bucket.head(name + "-missing"));
      ask("s3:ListBucket", () -> bucket.list(address.prefix() + FOLDER, "", 1));
      ask(
          "s3:DeleteObject",
          () -> {
            bucket.delete(name);
            return name;
          });
      return conditions;
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private Conditions write(FileRange whole) throws IOException {
    ask(
        "s3:PutObject",
        () -> {
          bucket.put(name, "probe", whole, Bucket.Existing.REPLACED);
          return name;
        });
    try {
      bucket.put(name, "probe", whole, Bucket.Existing.REFUSED);
    } catch (FileAlreadyExistsException refused) {
      return Conditions.SUPPORTED;
    } catch (BucketException e) {
      LOG.log(System.Logger.Level.DEBUG, "conditional write failed", e);
    }
    LOG.log(
        System.Logger.Level.INFO,
        "bucket does not support If-None-Match, checking each object before it is written"
            + " bucket={0} server={1}",
        address.bucket(),
        address.server());
    return Conditions.UNSUPPORTED;
  }

  private byte[] read(long length) throws IOException {
    try (InputStream in = bucket.get(name, 0, length).bytes()) {
      return in.readAllBytes();
    }
  }

  private <T> void ask(String permission, Request<T> request) throws IOException {
    try {
      request.send();
    } catch (BucketException e) {
      throw new IOException(explain(e, permission), e);
    }
  }

  private String explain(BucketException failure, String permission) {
    return switch (failure.code()) {
      case "NoSuchBucket" -> address.place() + " does not exist";
      case "InvalidAccessKeyId" -> "the access key is unknown (" + address.place() + ")";
      case "SignatureDoesNotMatch" ->
          "the secret key does not match the access key (" + address.place() + ")";
      case "AccessDenied", "AllAccessDisabled", "403", "" ->
          "permission " + permission + " is missing for " + address.place();
      default -> String.valueOf(failure.getMessage());
    };
  }
}
