package narthex.blob;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import narthex.testing.FakeS3;
import narthex.testing.FakeS3.Trouble;
import narthex.testing.FakeS3Stores;
import narthex.testing.Soon;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cached S3 store fulfils the contract, and reads a blob that it has kept without a request. */
class CachedBlobStoreTest extends BlobStoreContract {
  /** Neither a multiple of a block nor shorter than one. */
  private static final int PIECE = 100_000;

  private static final long ROOM_FOR_FIVE = 5 * PieceFile.fileBytes(PIECE);
  private static final int SECONDS = 60;

  private final FakeS3 server = FakeS3.start();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  @TempDir Path folder = Path.of("replaced");

  @Override
  BlobStore openStore() throws IOException {
    return open(1L << 30);
  }

  private CachedBlobStore open(long mostBytes) throws IOException {
    S3BlobStore store = FakeS3Stores.open(server, folder.resolve("spools"));
    return CachedBlobStore.open(
        store, pieces(), new CachedBlobStore.Sizes(PIECE, mostBytes), threads);
  }

  private Path pieces() {
    return folder.resolve("pieces");
  }

  @AfterEach
  void stop() throws InterruptedException {
    server.trouble(request -> Trouble.NONE);
    server.close();
    threads.shutdownNow();
    assertTrue(threads.awaitTermination(SECONDS, TimeUnit.SECONDS));
  }

  private byte[] put(String key, int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    server.put(key, bytes);
    return bytes;
  }

  private static byte[] read(BlobStore store, String key, long from, long length)
      throws IOException {
    try (InputStream in = store.open(key, from, length)) {
      return in.readAllBytes();
    }
  }

  private long gets() {
    return server.count("GetObject");
  }

  @Test
  void whatWasReadOnceTakesNoFurtherRequest() throws IOException {
    byte[] bytes = put("a", 70_000);
    try (CachedBlobStore store = open(1L << 30)) {
      assertArrayEquals(bytes, read(store, "a", 0, 70_000));
      awaitFiles(1);
      server.clearRequests();

      assertArrayEquals(bytes, read(store, "a", 0, 70_000));
      assertArrayEquals(Arrays.copyOfRange(bytes, 66_000, 69_000), read(store, "a", 66_000, 3000));
      assertEquals(OptionalLong.of(70_000), store.find("a"));
      assertEquals(List.of(), server.requests());
    }
  }

  @Test
  void readingABlobOfUnknownLengthTakesOneRequest() throws IOException {
    byte[] bytes = put("a", 70_000);
    try (CachedBlobStore store = open(1L << 30)) {
      server.clearRequests();

      assertEquals(OptionalLong.of(70_000), store.findToRead("a", 0));
      assertArrayEquals(bytes, read(store, "a", 0, 70_000));

      assertEquals(1, server.requests().size());
      assertEquals(OptionalLong.empty(), store.findToRead("none", 0));
      assertEquals(OptionalLong.of(70_000), store.findToRead("a", 500_000));
    }
  }

  @Test
  void anyRangeOfALongBlobIsRight() throws IOException {
    byte[] bytes = put("a", 7 * PIECE + 1);
    Random random = new Random(1);
    try (CachedBlobStore store = open(ROOM_FOR_FIVE)) {
      for (int i = 0; i < 100; i++) {
        int from = random.nextInt(bytes.length);
        int length = random.nextInt(bytes.length - from + 1);
        assertArrayEquals(
            Arrays.copyOfRange(bytes, from, from + length), read(store, "a", from, length));
      }
      assertThrows(BlobLostException.class, () -> store.open("a", 7 * PIECE, 2));
      assertThrows(BlobLostException.class, () -> store.open("a", 8 * PIECE, 1));
    }
  }

  @Test
  void manyReadersOfAPieceTakeOneRequest() throws Exception {
    byte[] bytes = put("a", PIECE);
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    try (CachedBlobStore store = open(1L << 30)) {
      server.clearRequests();
      server.trouble(
          request -> {
            asked.countDown();
            await(answer);
            return Trouble.NONE;
          });
      List<Future<byte[]>> readers = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        int from = i * 1000;
        readers.add(threads.submit(() -> read(store, "a", from, PIECE - from)));
      }
      await(asked);
      answer.countDown();
      for (int i = 0; i < 16; i++) {
        assertArrayEquals(
            Arrays.copyOfRange(bytes, i * 1000, PIECE),
            readers.get(i).get(SECONDS, TimeUnit.SECONDS));
      }
    }
    assertEquals(1, gets());
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(SECONDS, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void theNextPieceIsTransferredWhileTheFirstIsRead() throws Exception {
    put("a", 3 * PIECE);
    CountDownLatch second = new CountDownLatch(1);
    try (CachedBlobStore store = open(1L << 30)) {
      server.clearRequests();
      server.trouble(
          request -> {
            if (request.headers().getOrDefault("range", "").startsWith("bytes=" + PIECE)) {
              second.countDown();
            }
            return Trouble.NONE;
          });

      try (InputStream in = store.open("a", 0, 3L * PIECE)) {
        assertTrue(in.read() >= 0);
        await(second);
        awaitFiles(2);
        assertEquals(2, gets());
        in.transferTo(java.io.OutputStream.nullOutputStream());
      }
      assertEquals(3, gets());

      server.clearRequests();
      store.expect("b", 0, 10); // doesn't exist
      put("c", PIECE);
      store.expect("c", 0, PIECE);
      awaitFiles(4);
      assertArrayEquals(put("c", PIECE), read(store, "c", 0, PIECE));
      assertEquals(1, server.requests().stream().filter(r -> r.name().equals("c")).count());
    }
  }

  @Test
  void thePiecesThatWereNotUsedForTheLongestTimeGo() throws IOException {
    try (CachedBlobStore store = open(ROOM_FOR_FIVE)) {
      for (int i = 0; i < 5; i++) {
        put("p" + i, PIECE);
        read(store, "p" + i, 0, PIECE);
        awaitFiles(i + 1);
      }
      read(store, "p0", 0, PIECE);
      put("new", PIECE);
      read(store, "new", 0, PIECE);
      awaitFile("new@0-" + PIECE);

      assertEquals(
          Set.of("p0", "p2", "p3", "p4", "new"),
          Set.copyOf(files().stream().map(name -> name.replaceFirst("@.*", "")).toList()));
    }
  }

  @Test
  void filesOfAnEarlierStartAreUsedAndIncompleteOnesDeleted() throws IOException {
    byte[] bytes = put("x/a", 2 * PIECE + 10);
    try (CachedBlobStore store = open(1L << 30)) {
      read(store, "x/a", 0, 2 * PIECE + 10);
      awaitFiles(3);
    }
    Files.write(pieces().resolve("new-1"), new byte[10]);
    Path cut = pieces().resolve("x+a@1-" + (2 * PIECE + 10));
    Files.write(cut, Arrays.copyOf(Files.readAllBytes(cut), 1000));
    server.clearRequests();

    try (CachedBlobStore store = open(1L << 30)) {
      assertEquals(2, files().size());
      server.clearRequests();
      assertArrayEquals(bytes, read(store, "x/a", 0, 2 * PIECE + 10));
      assertEquals(1, gets());
      awaitFiles(3);
    }
    Files.setLastModifiedTime(pieces().resolve("x+a@0-200010"), FileTime.fromMillis(5));
    try (CachedBlobStore store = open(2 * PieceFile.fileBytes(PIECE))) {
      assertFalse(files().contains("x+a@0-200010"));
      assertEquals(2, files().size());
      assertArrayEquals(bytes, read(store, "x/a", 0, 2 * PIECE + 10));
    }
  }

  @Test
  void aDamagedFileIsTransferredAgainAndNeverRead() throws IOException {
    byte[] bytes = put("a", PIECE);
    Path file = pieces().resolve("a@0-" + PIECE);
    try (CachedBlobStore store = open(1L << 30)) {
      for (int at : new int[] {0, 65_535, 65_536, PIECE - 1, PIECE, PIECE + 5, PIECE + 11}) {
        read(store, "a", 0, PIECE);
        awaitFiles(1);
        byte[] damaged = Files.readAllBytes(file);
        assertEquals(PieceFile.fileBytes(PIECE), damaged.length);
        damaged[at] ^= 4;
        Files.write(file, damaged);
        server.clearRequests();

        assertArrayEquals(bytes, read(store, "a", 0, PIECE), "damage at " + at);
        assertEquals(1, gets());
        awaitFiles(1);
      }
      Files.delete(file);
      assertArrayEquals(bytes, read(store, "a", 0, PIECE));
      awaitFiles(1);
      Files.write(file, new byte[0]);
      assertArrayEquals(bytes, read(store, "a", 0, PIECE));
    }
  }

  @Test
  void aFolderThatCannotBeWrittenNeverFailsARead() throws IOException {
    byte[] bytes = put("a", 3 * PIECE);
    try (CachedBlobStore store = open(1L << 30)) {
      Files.delete(pieces());
      assertArrayEquals(bytes, read(store, "a", 0, 3 * PIECE));
      Files.createFile(pieces());
      assertArrayEquals(bytes, read(store, "a", 0, 3 * PIECE));
    }
  }

  @Test
  void aPieceThatFitsNowhereIsReadFromTheStore() throws IOException {
    byte[] bytes = put("a", 2 * PIECE);
    try (CachedBlobStore store = open(10)) {
      assertArrayEquals(bytes, read(store, "a", 0, 2 * PIECE));
      assertEquals(List.of(), files());
    }
  }

  @Test
  void everyTenthRequestMayFail() throws IOException {
    Random random = new Random(5);
    List<Trouble> kinds = List.of(Trouble.BUSY, Trouble.CUT, Trouble.BODY_CUT);
    byte[] bytes = put("a", 40 * PIECE);
    try (CachedBlobStore store = open(ROOM_FOR_FIVE)) {
      server.trouble(
          request -> {
            synchronized (random) {
              return random.nextInt(10) > 0
                  ? Trouble.NONE
                  : kinds.get(random.nextInt(kinds.size()));
            }
          });
      assertArrayEquals(bytes, read(store, "a", 0, bytes.length));
    }
  }

  @Test
  void aFailureIsToldToEveryReaderAndTheNextOneTriesAgain() throws IOException {
    byte[] bytes = put("a", PIECE);
    try (CachedBlobStore store = open(1L << 30)) {
      server.trouble(request -> Trouble.DENIED);
      IOException unknown = assertThrows(IOException.class, () -> store.open("a", 0, 1));
      assertFalse(unknown instanceof BlobLostException);
      assertThrows(IOException.class, () -> store.findToRead("a", 0));

      server.trouble(request -> Trouble.NONE);
      assertArrayEquals(bytes, read(store, "a", 0, PIECE));
    }
  }

  @Test
  void aDeletedBlobLeavesNoFile() throws IOException {
    put("a", 2 * PIECE);
    try (CachedBlobStore store = open(1L << 30)) {
      read(store, "a", 0, 2 * PIECE);
      awaitFiles(2);

      store.delete("a");

      assertEquals(List.of(), files());
      assertEquals(OptionalLong.empty(), store.find("a"));
    }
  }

  @Test
  void closingEndsTheTransfers() throws Exception {
    put("a", PIECE);
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    CachedBlobStore store = open(1L << 30);
    server.trouble(
        request -> {
          asked.countDown();
          await(answer);
          return Trouble.NONE;
        });
    Future<byte[]> reader = threads.submit(() -> read(store, "a", 0, PIECE));
    await(asked);

    store.close();
    answer.countDown();

    assertThrows(Exception.class, () -> reader.get(SECONDS, TimeUnit.SECONDS));
    assertThrows(IOException.class, () -> store.open("a", 0, 1));
  }

  private List<String> files() {
    try (Stream<Path> all = Files.list(pieces())) {
      return all.map(file -> file.getFileName().toString()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitFiles(int count) {
    Soon.await("files")
        .until(() -> files().stream().filter(name -> !name.startsWith("new-")).count() == count);
  }

  private void awaitFile(String name) {
    Soon.await(name).until(() -> files().contains(name));
  }
}
