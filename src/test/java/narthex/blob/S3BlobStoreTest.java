package narthex.blob;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import narthex.testing.FakeS3;
import narthex.testing.FakeS3.Trouble;
import narthex.testing.FakeS3Stores;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The S3 store fulfils the contract, and copes with a server that fails. */
class S3BlobStoreTest extends BlobStoreContract {
  private static final int LONG = (int) S3Upload.ONE_REQUEST_BYTES + 1_000_000;

  private final FakeS3 server = FakeS3.start();
  @TempDir Path folder = Path.of("replaced");

  @Override
  BlobStore openStore() throws IOException {
    return open("some/prefix/", FakeS3Stores.access());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void blobsAreObjectsBelowThePrefix() throws IOException {
    write("nar/a", text("abc"));

    assertEquals(Set.of("some/prefix/nar/a"), server.names());
    try (BlobStore other = open("", FakeS3Stores.access())) {
      assertEquals(OptionalLong.of(3), other.find("some/prefix/nar/a"));
    }
  }

  @Test
  void objectsThatAreNoBlobsAreNotListed() throws IOException {
    for (int i = 0; i < 20; i++) {
      server.put("some/prefix/NOT-OURS-" + i, text("x"));
    }
    server.put("some/other", text("x"));
    write("a", text("abc"));

    try (BlobStore other = open("some/prefix/", FakeS3Stores.access())) {
      assertEquals("a", other.list(Optional.empty(), 5).get(0).key());
      assertEquals(List.of(), other.list(Optional.of("a"), 5));
    }
  }

  @Test
  void aPackOrASmallerBlobIsOneRequest() throws IOException {
    server.clearRequests();
    write("a", random(100_000));
    write("b", random((int) S3Upload.PART_BYTES + 300_000)); // as long as a pack

    assertEquals(List.of("PutObject", "PutObject"), operations());
  }

  @Test
  void aLongBlobIsUploadedInPartsAndReadAsOne() throws IOException {
    byte[] bytes = random(LONG);
    server.clearRequests();
    write("a", bytes);

    assertEquals(3, server.count("UploadPart"));
    assertEquals(0, server.openUploads());
    assertArrayEquals(bytes, read("a", 0, LONG));
    try (BlobStore store = openStore();
        BlobSink again = store.create("a")) {
      again.write(bytes, 0, LONG);
      assertThrows(FileAlreadyExistsException.class, again::commit);
    }
  }

  @Test
  void partsOfAVeryLongBlobAreNotTooMany() {
    assertEquals(S3Upload.PART_BYTES, S3Upload.partBytes(1));
    assertEquals(S3Upload.PART_BYTES, S3Upload.partBytes(S3Upload.PART_BYTES * 10_000));
    assertEquals(2 * S3Upload.PART_BYTES, S3Upload.partBytes(S3Upload.PART_BYTES * 10_000 + 1));
  }

  @Test
  void anUploadInPartsThatFailsLeavesNoParts() throws IOException {
    server.trouble(r -> r.operation().equals("UploadPart") ? Trouble.DENIED : Trouble.NONE);
    try (BlobStore store = openStore();
        BlobSink sink = store.create("a")) {
      byte[] bytes = random(LONG);
      sink.write(bytes, 0, LONG);
      assertThrows(IOException.class, sink::commit);
    }
    assertEquals(0, server.openUploads());
    assertEquals(Set.of(), server.names());
  }

  @Test
  void aWriteOfWhichTheAnswerWasLostSucceeds() throws IOException {
    firstTime("PutObject", Trouble.ANSWER_LOST);
    write("a", text("abc"));
    assertEquals(2, server.count("PutObject") - 2); // the probe writes twice

    server.clearRequests();
    firstTime("CompleteMultipartUpload", Trouble.ANSWER_LOST);
    write("b", random(LONG));
    assertEquals(2, server.count("CompleteMultipartUpload"));
    assertEquals(Set.of("some/prefix/a", "some/prefix/b"), server.names());
  }

  @Test
  void aServerWithoutConditionalWritesIsAskedBeforeEachWrite() throws IOException {
    server.trouble(
        r -> r.headers().containsKey("if-none-match") ? Trouble.NOT_IMPLEMENTED : Trouble.NONE);
    try (BlobStore store = openStore()) {
      for (String expected : List.of("abc", "")) {
        try (BlobSink sink = store.create("a")) {
          sink.write(text("abc"), 0, 3);
          if (expected.isEmpty()) {
            assertThrows(FileAlreadyExistsException.class, sink::commit);
          } else {
            sink.commit();
          }
        }
      }
    }
    assertArrayEquals(text("abc"), read("a", 0, 3));
  }

  @Test
  void everyTenthRequestMayFailInAnyWay() throws IOException {
    Random random = new Random(12);
    List<Trouble> kinds = List.of(Trouble.BUSY, Trouble.CUT, Trouble.ANSWER_LOST, Trouble.BODY_CUT);
    AtomicInteger failed = new AtomicInteger();
    server.trouble(
        request -> {
          synchronized (random) {
            if (random.nextInt(10) > 0) {
              return Trouble.NONE;
            }
            failed.incrementAndGet();
            return kinds.get(random.nextInt(kinds.size()));
          }
        });
    byte[] small = random(50_000);
    byte[] large = random(3 * LONG);

    for (int i = 0; i < 60; i++) {
      write("small/" + i, small);
      assertArrayEquals(small, read("small/" + i, 0, small.length));
    }
    write("large", large);
    assertArrayEquals(large, read("large", 0, large.length));

    assertTrue(failed.get() > 10, "the server failed " + failed + " times");
    server.trouble(request -> Trouble.NONE);
    assertEquals(61, server.names().stream().filter(name -> !name.contains(".probe")).count());
  }

  @Test
  void aBodyThatBreaksIsContinuedAtItsOffset() throws IOException {
    byte[] bytes = random(100_000);
    write("a", bytes);
    server.clearRequests();
    firstTime("GetObject", Trouble.BODY_CUT);

    assertArrayEquals(java.util.Arrays.copyOfRange(bytes, 10, 100_000), read("a", 10, 99_990));

    List<String> ranges =
        server.requests().stream().map(r -> r.headers().getOrDefault("range", "")).toList();
    assertEquals("bytes=10-99999", ranges.get(0));
    assertEquals(2, ranges.size());
    assertNotEquals(ranges.get(0), ranges.get(1));
  }

  @Test
  void aBodyThatNeverComesIsAnErrorAndNoEnd() throws IOException {
    write("a", random(1));
    server.trouble(r -> r.operation().equals("GetObject") ? Trouble.BODY_CUT : Trouble.NONE);

    IOException broken = assertThrows(IOException.class, () -> read("a", 0, 1));
    assertFalse(broken instanceof BlobLostException);
  }

  @Test
  void aBlobDeletedWhileItIsReadIsLost() throws IOException {
    write("a", random(100_000));
    AtomicInteger gets = new AtomicInteger();
    server.trouble(r -> r.operation().equals("GetObject") ? cutFirst(gets) : Trouble.NONE);
    try (BlobStore store = openStore();
        InputStream in = store.open("a", 0, 100_000)) {
      store.delete("a");

      BlobLostException lost = assertThrows(BlobLostException.class, in::readAllBytes);
      assertEquals("a", lost.key());
    }
  }

  private static Trouble cutFirst(AtomicInteger gets) {
    return gets.getAndIncrement() == 1
        ? Trouble.BODY_CUT
        : Trouble.NONE; // the first is the probe's
  }

  @Test
  void aVanishedBucketOrPermissionIsAnErrorAndNoAbsence() throws IOException {
    try (BlobStore store = openStore()) {
      for (Trouble trouble : List.of(Trouble.NO_BUCKET, Trouble.DENIED)) {
        server.trouble(request -> trouble);
        for (org.junit.jupiter.api.function.Executable request :
            List.<org.junit.jupiter.api.function.Executable>of(
                () -> store.find("a"),
                () -> store.open("a", 0, 1),
                () -> store.list(Optional.empty(), 1),
                () -> store.delete("a"))) {
          IOException unknown = assertThrows(IOException.class, request);
          assertInstanceOf(BucketException.class, unknown);
        }
      }
    }
  }

  @Test
  void whetherTheServerRespondsIsAskedOnce() throws IOException {
    try (BlobStore store = openStore()) {
      store.ping();
      server.trouble(request -> Trouble.BUSY);
      server.clearRequests();

      assertThrows(IOException.class, store::ping);
      assertEquals(1, server.requests().size());
    }
  }

  @Test
  void aStoreLeavesNoLocalFilesAndNoThreads() throws IOException {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    write("a", text("abc"));
    read("a", 0, 3);
    try (BlobStore store = openStore()) {
      BlobSink sink = store.create("b");
      sink.write(text("abc"), 0, 3);
      sink.commit();
      sink.close();
      store.spool();
    }
    try (Stream<Path> files = Files.list(folder.resolve("spools"))) {
      // those of the store that the test class has open
      assertEquals(2, files.count());
    }
    // The SDK has one such thread in the whole process, started by its first use.
    assertEquals(
        List.of(),
        Thread.getAllStackTraces().keySet().stream()
            .map(Thread::getName)
            .filter(name -> name.startsWith("response-input-stream"))
            .toList());
    List<String> left =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> !before.contains(thread) && thread.isAlive())
            .map(Thread::getName)
            .filter(name -> !name.startsWith("pool-") && !name.startsWith("Keep-Alive"))
            .toList();
    assertEquals(List.of(), left);
  }

  @Test
  void newObjectsAreEncryptedAndStoredAsTheSettingsSay() throws IOException {
    S3Access access =
        new S3Access(
            FakeS3Stores.access().keys(),
            FakeS3Stores.access().limits(),
            new S3Access.Objects("aws:kms", "key-7", "STANDARD_IA"));
    try (BlobStore store = open("", access)) {
      for (int length : new int[] {10, LONG}) {
        try (BlobSink sink = store.create("b" + length)) {
          sink.write(random(length), 0, length);
          sink.commit();
        }
        var headers = server.headersOf("b" + length);
        assertEquals("aws:kms", headers.get("x-amz-server-side-encryption"));
        assertEquals("key-7", headers.get("x-amz-server-side-encryption-aws-kms-key-id"));
        assertEquals("STANDARD_IA", headers.get("x-amz-storage-class"));
      }
    }
  }

  @Test
  void aMissingPermissionIsNamedAtTheStart() {
    assertRefused("PutObject", "s3:PutObject");
    assertRefused("GetObject", "s3:GetObject");
    assertRefused("HeadObject", "s3:ListBucket");
    assertRefused("ListObjectsV2", "s3:ListBucket");
    assertRefused("DeleteObject", "s3:DeleteObject");
  }

  private void assertRefused(String operation, String permission) {
    server.trouble(r -> r.operation().equals(operation) ? Trouble.DENIED : Trouble.NONE);

    assertEquals(
        "permission " + permission + " is missing for bucket blobs at " + server.url(),
        refusal(address(FakeS3.BUCKET, ""), FakeS3Stores.access()));
  }

  @Test
  void aWrongBucketKeyOrServerIsNamedAtTheStart() {
    assertEquals(
        "bucket nowhere at " + server.url() + " does not exist",
        refusal(address("nowhere", ""), FakeS3Stores.access()));
    assertEquals(
        "the access key is unknown (bucket blobs at " + server.url() + ")",
        refusal(
            address(FakeS3.BUCKET, ""),
            new S3Access(
                new S3Access.Keys("OTHERKEY", "secret"),
                FakeS3Stores.access().limits(),
                FakeS3Stores.access().objects())));
    server.close();
    String line = refusal(address(FakeS3.BUCKET, ""), FakeS3Stores.access());
    assertTrue(line.contains("Connection refused") && line.contains(server.url()), line);
  }

  private String refusal(S3Address address, S3Access access) {
    IOException refused =
        assertThrows(
            IOException.class,
            () -> S3BlobStore.open(address, access, folder.resolve("spools")).close());
    String line = String.valueOf(refused.getMessage());
    assertEquals(1, line.lines().count(), line);
    return line;
  }

  private void firstTime(String operation, Trouble trouble) {
    AtomicInteger count = new AtomicInteger();
    server.trouble(
        request ->
            request.operation().equals(operation) && count.getAndIncrement() == 0
                ? trouble
                : Trouble.NONE);
  }

  private List<String> operations() {
    return server.requests().stream().map(FakeS3.Request::operation).toList();
  }

  private BlobStore open(String prefix, S3Access access) throws IOException {
    return S3BlobStore.open(address(FakeS3.BUCKET, prefix), access, folder.resolve("spools"));
  }

  private S3Address address(String bucket, String prefix) {
    return new S3Address(bucket, prefix, URI.create(server.url()), null, S3Address.Style.PATH);
  }
}
