package narthex.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.stream.Stream;
import narthex.blob.HotBytes;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.store.PopularFiles.Body;
import narthex.store.PopularFiles.Opener;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.Encoders;
import narthex.testing.LogRecords;
import narthex.testing.NarTree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PopularFilesTest {
  private static final byte[] NAR = NarTree.random(1, 200_000).nar();
  private static final byte[] OTHER = NarTree.random(2, 200_000).nar();

  @TempDir Path parent;
  private final AtomicInteger opens = new AtomicInteger();
  private Instant now = Instant.parse("2026-11-27T05:00:00Z");

  private Path folder() {
    return parent.resolve("nar-cache");
  }

  private PopularFiles files(long mostBytes, Executor background) {
    return new PopularFiles(
        folder(), mostBytes, DecoderBudget.inHeap(0).share(Work.BACKGROUND), background, () -> now);
  }

  private PopularFiles files(long mostBytes) {
    return files(mostBytes, Runnable::run);
  }

  private static Body body(byte[] nar) {
    NarId id = new NarId(Sha256.hash(nar), nar.length);
    return new Body(id, Compression.NONE, id.hash().nix32(), nar.length);
  }

  private Opener opener(byte[] bytes) {
    return () -> {
      opens.incrementAndGet();
      return new ByteArrayInputStream(bytes);
    };
  }

  private void read(PopularFiles files, byte[] nar, int times) {
    for (int i = 0; i < times; i++) {
      files.noteReading(body(nar), opener(nar));
    }
  }

  private List<Path> inFolder() throws IOException {
    try (Stream<Path> found = Files.list(folder())) {
      return found.toList();
    }
  }

  @Test
  void aBodyHasAFileOnceItWasReadThreeTimes() throws IOException {
    PopularFiles files = files(1 << 20);
    read(files, NAR, 2);
    assertTrue(files.find(body(NAR)).isEmpty());
    assertEquals(0, opens.get());

    read(files, NAR, 1);
    assertArrayEquals(NAR, Files.readAllBytes(files.find(body(NAR)).orElseThrow()));
    assertEquals(1, opens.get());
    assertTrue(files.find(body(OTHER)).isEmpty());
  }

  @Test
  void aCompressedBodyHasAFileToo() throws IOException {
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    try (OutputStream out = Encoders.encode(Compression.ZSTD, frames)) {
      out.write(NAR);
    }
    Body body = new Body(body(NAR).nar(), Compression.ZSTD, "frames", frames.size());
    PopularFiles files = files(1 << 20);
    for (int i = 0; i < 3; i++) {
      files.noteReading(body, opener(frames.toByteArray()));
    }
    assertArrayEquals(frames.toByteArray(), Files.readAllBytes(files.find(body).orElseThrow()));
  }

  @Test
  void aFileIsOnlyThatOfBytesWithTheSameEntityTag() {
    PopularFiles files = files(1 << 20);
    read(files, NAR, 3);
    Body same = body(NAR);
    assertTrue(files.find(same).isPresent());
    Body other = new Body(same.nar(), same.compression(), "of other bytes", same.bytes());
    assertTrue(files.find(other).isEmpty());
  }

  @Test
  void aFileThatSomebodyShortenedIsWrittenAgain() throws IOException {
    PopularFiles files = files(NAR.length);
    read(files, NAR, 3);
    Files.write(files.find(body(NAR)).orElseThrow(), Arrays.copyOf(NAR, 1_000));
    assertTrue(files.find(body(NAR)).isEmpty());
    assertEquals(List.of(), inFolder());
    read(files, NAR, 3);
    assertArrayEquals(NAR, Files.readAllBytes(files.find(body(NAR)).orElseThrow()));
  }

  @Test
  void aFileThatCannotBeReadIsForgotten() throws IOException {
    PopularFiles files = files(NAR.length);
    read(files, NAR, 3);
    files.forget(body(NAR), files.find(body(NAR)).orElseThrow());
    assertTrue(files.find(body(NAR)).isEmpty());
    read(files, NAR, 3);
    assertTrue(files.find(body(NAR)).isPresent());
  }

  @Test
  void aFileWithAnotherNarIsNotUsed() throws IOException {
    PopularFiles files = files(1 << 20);
    try (LogRecords log = LogRecords.listen(PopularFiles.class.getName(), Level.SEVERE)) {
      for (int i = 0; i < 3; i++) {
        files.noteReading(body(NAR), opener(OTHER));
      }
      assertTrue(log.warnings().toString().contains("wrong NarHash"));
    }
    assertEquals(1, opens.get());
    assertTrue(files.find(body(NAR)).isEmpty());
    assertEquals(List.of(), inFolder());
  }

  @Test
  void aBodyThatEndsEarlyOrFailsIsTriedAgainLater() throws IOException {
    PopularFiles files = files(1 << 20);
    byte[] start = Arrays.copyOf(NAR, 150_000);
    for (int i = 0; i < 3; i++) {
      files.noteReading(body(NAR), opener(start));
    }
    for (int i = 0; i < 3; i++) {
      files.noteReading(body(NAR), () -> new Failing(NAR));
    }
    assertTrue(files.find(body(NAR)).isEmpty());
    assertEquals(List.of(), inFolder());

    for (int round = 0; round < 4; round++) { // so their room was given back
      read(files, NAR, 3);
    }
    assertEquals(1, inFolder().size());
    assertTrue(files.find(body(NAR)).isPresent());
  }

  @Test
  void theFileThatWasNotUsedForTheLongestTimeMakesRoom() throws IOException {
    byte[] third = NarTree.random(3, 200_000).nar();
    PopularFiles files = files(NAR.length + OTHER.length);
    read(files, NAR, 3);
    read(files, OTHER, 3);
    now = now.plus(Duration.ofMinutes(2));
    Path used = files.find(body(NAR)).orElseThrow();

    read(files, third, 3);

    assertTrue(files.find(body(third)).isPresent());
    assertTrue(files.find(body(OTHER)).isEmpty());
    assertEquals(used, files.find(body(NAR)).orElseThrow());
    assertEquals(2, inFolder().size());
  }

  @Test
  void aFileThatWasFoundWithinAMinuteStays() {
    PopularFiles files = files(NAR.length);
    read(files, NAR, 3);
    Path found = files.find(body(NAR)).orElseThrow();
    now = now.plus(Duration.ofSeconds(59));
    read(files, OTHER, 3);
    assertTrue(Files.exists(found));
    assertTrue(files.find(body(OTHER)).isEmpty());
  }

  @Test
  void nothingMakesRoomForAFileThatDoesNotFitAllTheSame() {
    byte[] large = NarTree.random(5, 350_000).nar();
    PopularFiles files = files(NAR.length + OTHER.length);
    read(files, NAR, 3);
    now = now.plus(Duration.ofMinutes(2));
    read(files, OTHER, 3);

    read(files, large, 3);

    assertTrue(files.find(body(large)).isEmpty());
    assertTrue(files.find(body(NAR)).isPresent());
    assertTrue(files.find(body(OTHER)).isPresent());
  }

  @Test
  void theFilesOfANarThatIsDeletedOrStoredAnewGoAfterAMinute() {
    PopularFiles files = files(NAR.length + OTHER.length);
    read(files, NAR, 3);
    read(files, OTHER, 3);
    Path file = files.find(body(NAR)).orElseThrow();

    files.narChanged(body(NAR).nar().hash());
    assertTrue(files.find(body(NAR)).isEmpty());
    now = now.plus(Duration.ofSeconds(59));
    read(files, NAR, 4);
    assertTrue(Files.exists(file), "a server may be about to open it");
    assertTrue(files.find(body(NAR)).isEmpty(), "it still takes its room");

    now = now.plus(Duration.ofSeconds(2));
    read(files, NAR, 3);
    assertFalse(Files.exists(file));
    assertTrue(files.find(body(NAR)).isPresent());
    files.anyChanged();
    assertTrue(files.find(body(NAR)).isEmpty());
    assertTrue(files.find(body(OTHER)).isEmpty());
  }

  @Test
  void aNarThatChangesWhileItIsCopiedHasNoFile() throws IOException {
    PopularFiles files = files(NAR.length);
    for (int i = 0; i < 3; i++) {
      files.noteReading(
          body(NAR),
          () -> {
            files.narChanged(body(NAR).nar().hash());
            return new ByteArrayInputStream(NAR);
          });
    }
    assertTrue(files.find(body(NAR)).isEmpty());
    assertEquals(List.of(), inFolder());
    read(files, NAR, 3);
    assertTrue(files.find(body(NAR)).isPresent());
  }

  @Test
  void aNarThatChangesBeforeItsCopyBeginsHasNoFile() {
    List<Runnable> tasks = new ArrayList<>();
    PopularFiles files = files(NAR.length, tasks::add);
    read(files, NAR, 3);
    files.narChanged(body(NAR).nar().hash());
    tasks.forEach(Runnable::run);
    assertEquals(1, tasks.size());
    assertTrue(files.find(body(NAR)).isEmpty());
  }

  @Test
  void bodiesThatAreSmallOrTooLongHaveNoFile() {
    byte[] small = NarTree.random(4, HotBytes.MOST_BYTES - 1000).nar();
    PopularFiles files = files(NAR.length - 1);
    read(files, small, 5);
    read(files, NAR, 5);
    assertEquals(0, opens.get());
    assertFalse(Files.exists(folder()));
  }

  @Test
  void filesOfAnEarlierProcessAreDeleted() throws IOException {
    Files.createDirectories(folder());
    Files.write(folder().resolve("1"), NAR);
    files(0);
    assertEquals(List.of(), inFolder());
  }

  @Test
  void aFileThatSomebodyDeletedIsWrittenAgain() throws IOException {
    PopularFiles files = files(NAR.length);
    read(files, NAR, 3);
    Files.delete(files.find(body(NAR)).orElseThrow());
    assertTrue(files.find(body(NAR)).isEmpty());
    read(files, NAR, 3);
    assertTrue(files.find(body(NAR)).isPresent());
  }

  @Test
  void aServerThatStopsRejectsTheCopyAndNothingFails() {
    PopularFiles files =
        files(
            1 << 20,
            task -> {
              throw new RejectedExecutionException("stopped");
            });
    read(files, NAR, 5);
    assertTrue(files.find(body(NAR)).isEmpty());
  }

  /** Fails at its end. */
  private static final class Failing extends FilterInputStream {
    Failing(byte[] bytes) {
      super(new ByteArrayInputStream(bytes));
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = in.read(bytes, offset, length);
      if (count < 0) {
        throw new IOException("a fault of the disk");
      }
      return count;
    }
  }
}
