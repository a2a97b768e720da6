package narthex.testing;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import narthex.blob.S3Access;
import narthex.blob.S3Address;
import narthex.blob.S3BlobStore;

/** Opens the bucket of a {@link FakeS3}. */
public final class FakeS3Stores {
  private FakeS3Stores() {}

  /** Opens the bucket, with spools in this folder. The caller closes it. */
  public static S3BlobStore open(FakeS3 server, Path spools) throws IOException {
    return S3BlobStore.open(
        new S3Address(FakeS3.BUCKET, "", URI.create(server.url()), null, S3Address.Style.PATH),
        access(),
        spools);
  }

  /** The usual way to use the bucket. */
  public static S3Access access() {
    return new S3Access(
        new S3Access.Keys(FakeS3.ACCESS_KEY, "secret"),
        new S3Access.Limits(Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(20)),
        new S3Access.Objects(null, null, null));
  }
}
