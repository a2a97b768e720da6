package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.blob.FaultyBlobStore;
import narthex.blob.FaultyBlobStore.Step;
import narthex.blob.MemoryBlobStore;
import narthex.blob.PassingBlobStore;
import narthex.chunk.PackCompaction;
import narthex.db.DocumentRow;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.document.DocumentIngest;
import narthex.ingest.CdcMode;
import narthex.maintain.JobResult.Verdict;
import narthex.nix.DocumentName;
import narthex.store.StoredNars;
import narthex.testing.FakeS3;
import narthex.testing.FakeS3Stores;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The migration to another blob store. */
class CopyBlobsTest extends MigrationFixture {
  private static final Map<String, String> COPY = Map.of("blobs", "file:/other");

  private final MemoryBlobStore other = new MemoryBlobStore();
  private final FaultyBlobStore target = new FaultyBlobStore(other);
  private final List<NarFixture> fixtures = new ArrayList<>();
  private DocumentName document;

  /** A store that stays open. */
  private static final class Kept extends PassingBlobStore {
    Kept(BlobStore store) {
      super(store);
    }

    @Override
    public void close() {
      // the test closes it
    }
  }

  private BlobStore opened = new Kept(target);

  @Override
  BlobStore target() {
    return opened;
  }

  private JobResult copy(Progress progress) throws IOException {
    return migrate(CdcMode.OFF, progress, COPY);
  }

  /** Stores two files, the packs of two NARs, and a document. */
  @BeforeEach
  void store() throws IOException {
    fixtures.add(put(1, CdcMode.OFF));
    fixtures.add(put(2, CdcMode.EAGER));
    fixtures.add(put(3, CdcMode.OFF));
    fixtures.add(put(4, CdcMode.EAGER));
    document = DocumentName.listing(fixtures.get(0).id().hash());
    new DocumentIngest(blobs, database, () -> now)
        .keep(document, new ByteArrayInputStream("{}".getBytes(StandardCharsets.UTF_8)), null);
  }

  private static Set<String> copies(MemoryBlobStore store) {
    return store.keys().stream()
        .filter(key -> !StoreOwner.isMark(key))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Reads every NAR from this store only. */
  private void assertAllIsIn(BlobStore store) throws IOException {
    StoredNars nars = new StoredNars(store, database, () -> now, Duration.ofMinutes(1));
    for (NarFixture fixture : fixtures) {
      boolean isWhole = forms(fixture).equals(List.of(Form.WHOLE));
      Representation form = form(fixture, isWhole ? Form.WHOLE : Form.CHUNKED);
      try (InputStream in =
          isWhole ? nars.openWhole(form).open(0) : nars.openChunked(fixture.id(), form).open(0)) {
        assertArrayEquals(isWhole ? fixture.file() : fixture.nar(), in.readAllBytes());
      }
    }
    DocumentRow row = database.documents().find(document).orElseThrow();
    assertEquals(row.blobSizeBytes(), store.find(row.blob()).orElseThrow());
  }

  @Test
  void everyBlobIsCopiedUnderItsKeyAndNothingIsRemoved() throws IOException {
    Set<String> before = keys();
    RecordedProgress progress = new RecordedProgress();

    JobResult result = copy(progress);

    assertResult(Verdict.DONE, result, Map.of("copied", (long) before.size(), "present", 0L));
    assertEquals(before, copies(other));
    assertEquals(before, keys());
    assertTrue(new StoreOwner(database, other).isMarked());
    assertAllIsIn(other);
    assertTrue(progress.steps.contains("files 2/2"));
    assertTrue(progress.steps.contains("documents 1/1"));
  }

  @Test
  void packsThatWereCompressedAgainAreCopied() throws IOException {
    NarFixture text = RepackFixture.nar(1, 2, 3);
    put(text, CdcMode.EAGER);
    fixtures.add(text);
    PackCompaction compaction = new PackCompaction(chunks, OptionalInt.of(RepackFixture.LEVEL));
    chores(new RepackPacks(database, compaction, () -> true, () -> now)).wake();
    assertEquals(List.of(), database.collection().repacking().find(0, RepackFixture.LEVEL, 1));
    RecordedProgress progress = new RecordedProgress();

    JobResult result = copy(progress);

    assertResult(Verdict.DONE, result, Map.of("damaged", 0L));
    assertFalse(progress.told.stream().anyMatch(line -> line.contains("damaged")));
    assertAllIsIn(other);
  }

  @Test
  void aSecondRunCopiesWhatHasComeMeanwhileAndThenNothing() throws IOException {
    copy(Progress.SILENT);
    fixtures.add(put(5, CdcMode.OFF));
    assertResult(Verdict.DONE, copy(Progress.SILENT), Map.of("copied", 1L));
    RecordedProgress progress = new RecordedProgress();

    JobResult last = copy(progress);

    assertResult(Verdict.DONE, last, Map.of("copied", 0L, "bytes", 0L));
    assertEquals(List.of("nothing was left to copy"), progress.told);
    assertAllIsIn(other);
  }

  @Test
  void blobsGoToABucketAndBackToADirectory(@TempDir Path folder) throws IOException {
    try (FakeS3 server = FakeS3.start();
        BlobStore bucket = FakeS3Stores.open(server, folder.resolve("spools"))) {
      opened = new Kept(bucket);

      assertResult(Verdict.DONE, copy(Progress.SILENT), Map.of("copied", (long) keys().size()));

      assertAllIsIn(bucket);
    }
    try (BlobStore directory = DirectoryBlobStore.open(folder.resolve("directory"))) {
      opened = new Kept(directory);

      assertResult(Verdict.DONE, copy(Progress.SILENT), Map.of("copied", (long) keys().size()));

      assertAllIsIn(directory);
    }
  }

  @Test
  void aRunThatWasStoppedIsContinuedByTheNext() throws IOException {
    assertResult(
        Verdict.UNFINISHED, copy(new RecordedProgress().stopAfter(1)), Map.of("copied", 1L));

    JobResult rest = copy(Progress.SILENT);

    assertResult(Verdict.DONE, rest, Map.of("copied", keys().size() - 1L, "present", 1L));
    assertAllIsIn(other);
  }

  @Test
  void anErrorOfEitherStoreIsToldAndTriedByTheNextRun() throws IOException {
    for (FaultyBlobStore faulty : List.of(blobs, target)) {
      for (Step step : List.of(Step.FIND, Step.OPEN, Step.CREATE, Step.COMMIT)) {
        Set<String> before = keys();
        faulty.fail(step);
        JobResult result = copy(Progress.SILENT);
        faulty.heal();
        assertEquals(before, keys());
        for (String key : copies(other)) {
          assertEquals(memory.find(key), other.find(key), key);
        }
        assertFalse(result.verdict() == Verdict.PROBLEMS, "nothing is lost or damaged");
      }
    }
    assertEquals(Verdict.DONE, copy(Progress.SILENT).verdict());
    assertAllIsIn(other);
  }

  @Test
  void whatIsDamagedOrLostIsToldAndTheRestIsCopied() throws IOException {
    String damaged = form(fixtures.get(0), Form.WHOLE).extents().get(0).blob();
    String lost = form(fixtures.get(2), Form.WHOLE).extents().get(0).blob();
    String pack = keys().stream().filter(key -> key.startsWith("pack/")).findFirst().orElseThrow();
    String note = database.documents().find(document).orElseThrow().blob();
    blobs.flipByte(damaged, 3_000).flipByte(pack, 100).flipByte(note, 9).lose(lost);
    RecordedProgress progress = new RecordedProgress();

    JobResult result = copy(progress);

    assertResult(Verdict.PROBLEMS, result, Map.of("damaged", 3L, "lost", 1L, "failed", 0L));
    assertEquals(5, progress.told.size(), progress.told.toString());
    Set<String> sound = keys();
    sound.removeAll(Set.of(damaged, note));
    assertEquals(sound, copies(other), "the other chunks of the pack are sound");
  }

  @Test
  void aNarThatIsEvictedMeanwhileIsNotLost() throws IOException {
    NarFixture evicted = fixtures.get(3);
    RecordedProgress progress =
        new RecordedProgress()
            .doAfter(
                1,
                () -> {
                  stored.drop(evicted.id().hash(), form(evicted, Form.CHUNKED));
                  collect();
                });

    JobResult result = copy(progress);

    assertResult(Verdict.DONE, result, Map.of("lost", 0L, "damaged", 0L, "failed", 0L));
    fixtures.remove(evicted);
    assertAllIsIn(other);
  }

  @Test
  void aStoreOfAnotherDatabaseIsRefused() throws IOException {
    try (BlobSink mark = other.create("owner/somebody-else")) {
      mark.commit();
    }

    assertThrows(IOException.class, () -> copy(Progress.SILENT));

    assertEquals(Set.of(), copies(other));
  }

  @Test
  void aTargetAndAFormAreNotGivenTogether() {
    assertThrows(
        JobRefusedException.class,
        () ->
            migrate(CdcMode.OFF, Progress.SILENT, Map.of("to", "chunks", "blobs", "file:/other")));
  }
}
