package narthex.blob;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import narthex.s3.S3Proxy;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The S3 store fulfils the contract with a real S3 server. */
@Tag("s3")
class S3ProxyBlobStoreIT extends BlobStoreContract {
  private static @Nullable S3Proxy server;
  @TempDir static Path folder = Path.of("replaced");

  @BeforeAll
  static void start() throws IOException {
    server = S3Proxy.start(folder);
  }

  @AfterAll
  static void stop() {
    server().close();
  }

  private static S3Proxy server() {
    return Objects.requireNonNull(server);
  }

  @Override
  BlobStore openStore() throws IOException {
    return open(S3Proxy.BUCKET, S3Proxy.SECRET_KEY);
  }

  @Test
  void aLongBlobIsUploadedInParts() throws IOException {
    int length = (int) S3Upload.PART_BYTES * 2 + 1;
    byte[] bytes = random(length);
    write("long", bytes);

    assertArrayEquals(bytes, read("long", 0, length));
    assertThrows(FileAlreadyExistsException.class, () -> write("long", bytes));
  }

  @Test
  void aWrongBucketOrSecretIsNamedAtTheStart() {
    assertRefused(
        "bucket nowhere at " + server().url() + " does not exist", "nowhere", S3Proxy.SECRET_KEY);
    assertRefused(
        "the secret key does not match the access key (bucket blobs at " + server().url() + ")",
        S3Proxy.BUCKET,
        "wrong");
  }

  private static void assertRefused(String message, String bucket, String secret) {
    IOException refused = assertThrows(IOException.class, () -> open(bucket, secret).close());
    assertEquals(message, refused.getMessage());
  }

  private static BlobStore open(String bucket, String secret) throws IOException {
    return S3BlobStore.open(
        new S3Address(
            bucket,
            UUID.randomUUID() + "/",
            URI.create(server().url()),
            null,
            S3Address.Style.PATH),
        new S3Access(
            new S3Access.Keys(S3Proxy.ACCESS_KEY, secret),
            new S3Access.Limits(
                Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(5)),
            new S3Access.Objects(null, null, null)),
        folder.resolve("spools"));
  }
}
