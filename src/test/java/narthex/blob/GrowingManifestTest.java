package narthex.blob;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class GrowingManifestTest {
  private static final int LENGTH = 300_000;
  private static final int PIECE = 7_001;
  private static final Manifest.Watch NOBODY_LEAVES = () -> {};

  private final byte[] bytes = BlobStoreContract.random(LENGTH);
  private final ExecutorService readers = Executors.newCachedThreadPool();
  private BlobStore blobs = new MemoryBlobStore();
  private Spool spool = new MemoryBlobStore().spool();
  private GrowingManifest manifest = new GrowingManifest(spool, OptionalLong.empty());

  @BeforeEach
  void begin(@TempDir java.nio.file.Path root) throws IOException {
    blobs = DirectoryBlobStore.open(root);
    spool = blobs.spool();
    manifest = new GrowingManifest(spool, OptionalLong.of(LENGTH));
  }

  @AfterEach
  void end() throws IOException {
    readers.shutdownNow();
    spool.close();
    blobs.close();
  }

  @Test
  void manyReadersFollowAtTheirOwnPaceFromAnyOffset() throws Exception {
    List<Future<byte[]>> all = new ArrayList<>();
    List<Integer> offsets = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      int from = i % 3 == 0 ? 0 : LENGTH / 24 * i;
      int buffer = 1 + i * i * 97;
      offsets.add(from);
      all.add(readers.submit(() -> read(from, buffer)));
    }

    append(0, LENGTH / 2);
    for (int i = 0; i < 8; i++) {
      offsets.add(i * 1000);
      int from = i * 1000;
      all.add(readers.submit(() -> read(from, PIECE)));
    }
    append(LENGTH / 2, LENGTH);
    finish();

    for (int i = 0; i < all.size(); i++) {
      assertArrayEquals(Arrays.copyOfRange(bytes, offsets.get(i), LENGTH), all.get(i).get());
    }
    assertArrayEquals(bytes, read(0, LENGTH));
  }

  @Test
  void aReaderHasABytesAsSoonAsItIsWritten() throws Exception {
    append(0, 10);

    try (InputStream in = manifest.open(0)) {
      assertArrayEquals(Arrays.copyOf(bytes, 10), in.readNBytes(10));
      Future<Integer> next = readers.submit(() -> in.read());
      append(10, 11);
      assertEquals(bytes[10] & 0xff, next.get());
    }
  }

  @Test
  void readersWaitForTheCheckBeforeTheirEnd() throws Exception {
    append(0, 10);
    manifest.written();

    try (InputStream in = manifest.open(0)) {
      assertEquals(10, in.readNBytes(10).length);
      Future<Integer> end = readers.submit(() -> in.read());
      assertFalse(end.isDone());
      manifest.complete();
      assertEquals(-1, end.get());
    }
  }

  @Test
  void aReaderWaitsAsLongAsTheCheckGivesSigns() throws Exception {
    Duration silence = Duration.ofSeconds(2);
    GrowingManifest late = new GrowingManifest(spool, OptionalLong.empty(), silence);
    late.written();
    Future<?> waiting = readers.submit(() -> awaitComplete(late));
    CountDownLatch longer = new CountDownLatch(150);
    ScheduledExecutorService check = Executors.newSingleThreadScheduledExecutor();
    try {
      check.scheduleAtFixedRate(
          () -> {
            late.checking();
            longer.countDown();
          },
          0,
          20,
          TimeUnit.MILLISECONDS);
      longer.await();
      assertFalse(waiting.isDone());
      late.complete();
      waiting.get();
    } finally {
      check.shutdownNow();
    }
  }

  private static @Nullable Void awaitComplete(GrowingManifest manifest) throws IOException {
    manifest.awaitComplete(NOBODY_LEAVES);
    return null;
  }

  @Test
  void aFailingWriterNeverGivesACleanEnd() throws Exception {
    append(0, LENGTH / 2);
    List<Future<byte[]>> all = new ArrayList<>();
    CountDownLatch started = new CountDownLatch(3);
    for (int from : new int[] {0, LENGTH / 2, LENGTH - 1}) {
      all.add(
          readers.submit(
              () -> {
                started.countDown();
                return read(from, PIECE);
              }));
    }
    assertTrue(started.await(30, TimeUnit.SECONDS));

    IOException cause = new IOException("upstream broke");
    manifest.fail(cause);

    for (Future<byte[]> reader : all) {
      assertSame(cause, failureOf(reader).getCause());
    }
    assertThrows(IOException.class, () -> read(0, PIECE));
    assertSame(cause, manifest.failure());
  }

  @Test
  void aFailedCheckOfACompleteLookingBodyIsNoCleanEnd() throws Exception {
    append(0, LENGTH);
    manifest.written();
    Future<byte[]> reader = readers.submit(() -> read(0, PIECE));
    Future<byte[]> atTheEnd = readers.submit(() -> read(LENGTH, PIECE));

    manifest.fail(new IOException("another hash"));

    assertInstanceOf(IOException.class, failureOf(reader));
    assertInstanceOf(IOException.class, failureOf(atTheEnd));
  }

  @Test
  void readersOfADiscardedSinkFailAndDoNotEnd() throws Exception {
    append(0, 10);
    try (InputStream in = manifest.open(0)) {
      assertEquals(5, in.readNBytes(5).length);

      spool.close();
      manifest.fail(new IOException("gone"));

      assertThrows(IOException.class, in::readAllBytes);
    }
  }

  @Test
  void aReaderThatLeavesDisturbsNobody() throws Exception {
    append(0, 10);
    InputStream leaving = manifest.open(0);
    leaving.readNBytes(3);
    Future<byte[]> staying = readers.submit(() -> read(0, PIECE));
    Future<byte[]> interrupted = readers.submit(() -> read(0, PIECE));

    leaving.close();
    interrupted.cancel(true);
    append(10, LENGTH);
    finish();

    assertArrayEquals(bytes, staying.get());
  }

  @Test
  void anInterruptedReaderFails() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    Thread[] reading = new Thread[1];
    Future<byte[]> reader =
        readers.submit(
            () -> {
              reading[0] = Thread.currentThread();
              started.countDown();
              return read(0, PIECE);
            });
    assertTrue(started.await(30, TimeUnit.SECONDS));

    reading[0].interrupt();

    assertInstanceOf(IOException.class, failureOf(reader));
  }

  @Test
  void theLengthIsTheAnnouncedOneUntilTheTrueOneIsKnown() throws IOException {
    GrowingManifest unannounced = new GrowingManifest(spool, OptionalLong.empty());
    assertEquals(OptionalLong.of(LENGTH), manifest.length());
    assertEquals(OptionalLong.empty(), unannounced.length());

    append(0, 10);
    unannounced.grown(10);
    assertEquals(OptionalLong.of(LENGTH), manifest.length());
    assertEquals(OptionalLong.empty(), unannounced.length());

    manifest.written();
    unannounced.complete();
    assertEquals(OptionalLong.of(10), manifest.length());
    assertEquals(OptionalLong.of(10), unannounced.length());
  }

  @Test
  void awaitCompleteWaitsForTheCheckAndTellsAFailure() throws Exception {
    append(0, 10);
    manifest.written();
    Future<Boolean> waiting = readers.submit(awaitingComplete(manifest));
    assertFalse(waiting.isDone());
    manifest.complete();
    assertTrue(waiting.get());
    manifest.awaitComplete(NOBODY_LEAVES);

    GrowingManifest failing = new GrowingManifest(spool, OptionalLong.empty());
    Future<Boolean> hoping = readers.submit(awaitingComplete(failing));
    failing.fail(new IOException("wrong"));
    assertInstanceOf(IOException.class, failureOf(hoping));
    assertThrows(IOException.class, () -> failing.awaitComplete(NOBODY_LEAVES));
  }

  @Test
  void aWaitForTheCheckEndsWhenTheClientLeaves() throws Exception {
    append(0, LENGTH);
    manifest.written();
    IOException gone = new IOException("client gone");

    IOException thrown =
        assertThrows(
            IOException.class,
            () ->
                manifest.awaitComplete(
                    () -> {
                      throw gone;
                    }));

    assertSame(gone, thrown);
    manifest.complete();
    manifest.awaitComplete(NOBODY_LEAVES);
  }

  @Test
  void theCheckersReaderEndsWhenAllIsWritten() throws Exception {
    Future<byte[]> checker =
        readers.submit(
            () -> {
              try (InputStream in = manifest.openUnchecked()) {
                return in.readAllBytes();
              }
            });

    append(0, LENGTH);
    manifest.written();

    assertArrayEquals(bytes, checker.get());
  }

  @Test
  void theCheckersReaderFailsWithTheWriter() throws Exception {
    append(0, 10);
    try (InputStream in = manifest.openUnchecked()) {
      in.readNBytes(10);
      manifest.fail(new IOException("broke"));
      assertThrows(IOException.class, in::read);
    }
  }

  @Test
  void whoComesAfterTheSinkOfAFailedManifestIsGoneLearnsWhyItFailed() throws Exception {
    append(0, 10);
    IOException reason = new IOException("broke");
    manifest.fail(reason);
    spool.close();

    IOException told = assertThrows(IOException.class, () -> manifest.open(0));

    assertSame(reason, told.getCause());
  }

  @Test
  void theFirstEndStays() throws IOException {
    append(0, 10);
    manifest.written();
    manifest.complete();
    manifest.fail(new IOException("too late"));
    assertNull(manifest.failure());
    assertArrayEquals(Arrays.copyOf(bytes, 10), read(0, PIECE));

    GrowingManifest failed = new GrowingManifest(spool, OptionalLong.empty());
    failed.fail(new IOException("first"));
    failed.grown(10);
    failed.written();
    failed.complete();
    assertThrows(IOException.class, () -> failed.awaitComplete(NOBODY_LEAVES));
    assertThrows(IOException.class, () -> failed.openUnchecked().read());
  }

  private static Callable<Boolean> awaitingComplete(GrowingManifest awaited) {
    return () -> {
      awaited.awaitComplete(NOBODY_LEAVES);
      return true;
    };
  }

  private byte[] read(int from, int bufferBytes) throws IOException {
    java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
    byte[] buffer = new byte[bufferBytes];
    try (InputStream in = manifest.open(from)) {
      int count;
      while ((count = in.read(buffer, 0, bufferBytes)) >= 0) {
        all.write(buffer, 0, count);
      }
    }
    return all.toByteArray();
  }

  private void append(int from, int to) throws IOException {
    for (int at = from; at < to; at += PIECE) {
      int count = Math.min(PIECE, to - at);
      spool.write(bytes, at, count);
      manifest.grown(count);
    }
  }

  private void finish() throws IOException {
    manifest.written();
    spool.commit("a");
    manifest.complete();
  }

  private static Throwable failureOf(Future<?> future) {
    return java.util.Objects.requireNonNull(
        assertThrows(ExecutionException.class, future::get).getCause());
  }
}
