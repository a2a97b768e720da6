package narthex.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import narthex.blob.MemoryBlobStore;
import narthex.chunk.ChunkedWriter;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.stream.CorruptNarException;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.DecoderShare;
import narthex.stream.TooLongException;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.StoredChunks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NarReadingTest {
  private static final NarReading.Watch UNWATCHED = new NarReading.Watch() {};
  private static final NarFixture FIXTURE =
      NarFixture.of("read", NarTree.mixed(1, 50_000), Compression.XZ);

  private final DecoderBudget budget = new DecoderBudget(256 << 20);
  private final DecoderShare decoders = budget.share(Work.BACKGROUND);

  private NarId read(NarId announced, byte[] file) throws IOException {
    return NarReading.of(announced, Compression.XZ, "a test")
        .read(new ByteArrayInputStream(file), decoders, UNWATCHED);
  }

  private NarReading unannounced(long maxNarBytes) {
    return new NarReading(Compression.XZ, null, maxNarBytes, "a test");
  }

  private static InputStream file() {
    return new ByteArrayInputStream(FIXTURE.file());
  }

  @ParameterizedTest
  @EnumSource
  void aNarIsReadOutOfAFileInEveryCompression(Compression compression) throws IOException {
    NarFixture fixture = NarFixture.of("read", NarTree.mixed(2, 50_000), compression);
    NarReading reading = NarReading.of(fixture.id(), compression, "a test");

    NarId read = reading.read(new ByteArrayInputStream(fixture.file()), decoders, UNWATCHED);

    assertEquals(fixture.id(), read);
  }

  @Test
  void whatIsNotTheAnnouncedNarIsCorrupt() {
    NarId right = FIXTURE.id();
    NarId other = NarFixture.of("other", NarTree.mixed(3, 5_000), Compression.XZ).id();
    byte[] cut = Arrays.copyOf(FIXTURE.file(), FIXTURE.file().length / 2);

    assertEquals("NarHash", corrupt(new NarId(other.hash(), right.sizeBytes()), FIXTURE.file()));
    assertEquals(
        "NarSize", corrupt(new NarId(right.hash(), right.sizeBytes() + 1), FIXTURE.file()));
    assertEquals(
        "NarSize", corrupt(new NarId(right.hash(), right.sizeBytes() - 1), FIXTURE.file()));
    assertEquals("NAR", corrupt(right, cut));
    assertEquals("NAR", corrupt(right, new byte[1_000]));
  }

  private String corrupt(NarId announced, byte[] file) {
    return assertThrows(CorruptNarException.class, () -> read(announced, file)).what();
  }

  @Test
  void aNarThatNobodyAnnouncedIsKnownByItsForm() throws IOException {
    long size = FIXTURE.id().sizeBytes();

    assertEquals(FIXTURE.id(), unannounced(size).read(file(), decoders, UNWATCHED));
    assertThrows(
        TooLongException.class, () -> unannounced(size - 1).read(file(), decoders, UNWATCHED));
    byte[] noNar = NarFixture.of("none", new byte[100], Compression.XZ).file();
    assertThrows(
        CorruptNarException.class,
        () -> unannounced(size).read(new ByteArrayInputStream(noNar), decoders, UNWATCHED));
  }

  @Test
  void theWatchIsToldOfTheStartAndOfAllBytes() throws IOException {
    AtomicBoolean begun = new AtomicBoolean();
    AtomicLong bytes = new AtomicLong();

    unannounced(1 << 20)
        .read(
            file(),
            decoders,
            new NarReading.Watch() {
              @Override
              public void begun() {
                begun.set(true);
              }

              @Override
              public void read(int count) {
                assertTrue(begun.get());
                bytes.addAndGet(count);
              }
            });

    assertEquals(FIXTURE.id().sizeBytes(), bytes.get());
  }

  @Test
  void theMemoryOfChunksIsTakenFromTheBudgetWhileTheyAreCut(@TempDir Path folder)
      throws IOException {
    NarFixture plain = NarFixture.of("plain", NarTree.mixed(4, 50_000), Compression.NONE);
    MemoryBlobStore blobs = new MemoryBlobStore();
    ExecutorService threads = Executors.newCachedThreadPool();
    Database database =
        Database.open(
            new DatabaseAddress("jdbc:sqlite:" + folder.resolve("x.db"), null, null, null));
    long before = budget.freeBytes();
    AtomicLong during = new AtomicLong(before);
    try (ChunkedWriter writer = StoredChunks.ofUsualSizes(blobs, database, threads).begin()) {
      NarReading.of(plain.id(), Compression.NONE, "a test")
          .cut(
              new ByteArrayInputStream(plain.file()),
              decoders,
              new NarReading.Watch() {
                @Override
                public void read(int count) {
                  during.set(budget.freeBytes());
                }
              },
              writer);

      assertEquals(before - writer.memoryBytes(), during.get());
      assertEquals(before, budget.freeBytes());
    } finally {
      threads.shutdownNow();
      database.close();
    }
  }
}
