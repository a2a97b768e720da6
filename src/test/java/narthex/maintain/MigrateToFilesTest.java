package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import narthex.blob.FaultyBlobStore.Step;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.ingest.CdcMode;
import narthex.maintain.JobResult.Verdict;
import narthex.nix.Compression;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.Test;

/** The migration of chunks to whole files. */
class MigrateToFilesTest extends MigrationFixture {
  private static final Map<String, String> TO_WHOLE = Map.of("to", "whole");
  private static final List<Form> WHOLE = List.of(Form.WHOLE);
  private static final List<Form> CHUNKED = List.of(Form.CHUNKED);

  private JobResult migrate(Progress progress) throws IOException {
    return migrate(CdcMode.OFF, progress, TO_WHOLE);
  }

  private void assertFileIsRight(NarFixture fixture) throws IOException {
    Representation whole = form(fixture, Form.WHOLE);
    assertEquals(Compression.NONE, whole.compression());
    assertEquals(fixture.id().hash(), whole.fileHash());
    try (InputStream file = stored.openWhole(whole).open(0)) {
      assertArrayEquals(fixture.nar(), file.readAllBytes());
    }
  }

  @Test
  void everyChunkedNarBecomesAFileAndItsChunksAreCollected() throws IOException {
    List<NarFixture> fixtures = putSome(4, CdcMode.EAGER);
    RecordedProgress progress = new RecordedProgress();

    JobResult result = migrate(progress);
    collect();

    assertResult(Verdict.DONE, result, Map.of("migrated", 4L, "remaining", 0L));
    assertEquals("NARs 4/4", progress.steps.get(4));
    for (NarFixture fixture : fixtures) {
      assertEquals(WHOLE, forms(fixture));
      assertFileIsRight(fixture);
    }
    assertTrue(keys().stream().allMatch(key -> key.startsWith("nar/")), keys().toString());
    assertEquals(4, keys().size());
  }

  @Test
  void aFileThatIsStillStoredIsKept() throws IOException {
    NarFixture fixture = put(1, CdcMode.OFF);
    migrate(CdcMode.OFF, Progress.SILENT, Map.of("to", "chunks"));
    Representation before = form(fixture, Form.WHOLE);

    assertResult(Verdict.DONE, migrate(Progress.SILENT), Map.of("migrated", 1L));

    assertEquals(WHOLE, forms(fixture));
    assertEquals(before, form(fixture, Form.WHOLE));
    pass(Duration.ofDays(365));
    chores(new DeleteFiles(database, stored, Duration.ZERO, () -> now)).wake();
    assertEquals(WHOLE, forms(fixture), "the file is not superseded any more");
  }

  @Test
  void aDamagedFileBesideTheChunksIsReplaced() throws IOException {
    NarFixture fixture = put(1, CdcMode.OFF);
    migrate(CdcMode.OFF, Progress.SILENT, Map.of("to", "chunks"));
    blobs.flipByte(form(fixture, Form.WHOLE).extents().get(0).blob(), 5_000);
    RecordedProgress progress = new RecordedProgress();

    assertResult(Verdict.DONE, migrate(progress), Map.of("migrated", 1L));

    assertEquals(1, progress.told.size());
    assertEquals(WHOLE, forms(fixture));
    assertFileIsRight(fixture);
  }

  @Test
  void aRunThatWasStoppedIsContinuedByTheNext() throws IOException {
    List<NarFixture> fixtures = putSome(4, CdcMode.EAGER);

    JobResult first = migrate(new RecordedProgress().stopAfter(1));
    assertResult(Verdict.UNFINISHED, first, Map.of("migrated", 1L, "remaining", 3L));
    assertEquals(3, count(fixtures, CHUNKED));

    assertResult(Verdict.DONE, migrate(Progress.SILENT), Map.of("migrated", 3L));
    assertResult(Verdict.DONE, migrate(Progress.SILENT), Map.of("migrated", 0L, "bytes", 0L));
  }

  @Test
  void aLostPackIsToldAndTheOtherNarsBecomeFiles() throws IOException {
    NarFixture sound = put(1, CdcMode.EAGER);
    List<String> before = List.copyOf(keys());
    NarFixture lost = put(2, CdcMode.EAGER);
    for (String pack : keys()) {
      if (!before.contains(pack)) {
        blobs.lose(pack);
      }
    }
    RecordedProgress progress = new RecordedProgress();

    JobResult result = migrate(progress);

    assertResult(Verdict.PROBLEMS, result, Map.of("migrated", 1L, "damaged", 1L));
    assertEquals(1, progress.told.size());
    assertEquals(List.of(), forms(lost), "it is fetched again when it is asked for");
    assertFileIsRight(sound);
  }

  @Test
  void anErrorOfTheStorageDeletesNothingAndIsTriedByTheNextRun() throws IOException {
    List<NarFixture> fixtures = putSome(2, CdcMode.EAGER);
    int before = keys().size();
    for (Step step : List.of(Step.FIND, Step.OPEN, Step.CREATE, Step.COMMIT)) {
      stored.changedElsewhere(); // nothing is remembered
      blobs.fail(step);

      JobResult result = migrate(Progress.SILENT);

      assertResult(Verdict.UNFINISHED, result, Map.of("failed", 2L, "remaining", 2L));
      assertEquals(2, count(fixtures, CHUNKED), step.toString());
      assertEquals(before, keys().size(), step.toString());
      blobs.heal();
    }
    blobs.failWritesAfter(10_000);
    assertResult(Verdict.UNFINISHED, migrate(Progress.SILENT), Map.of("failed", 2L));
    blobs.heal();
    assertResult(Verdict.DONE, migrate(Progress.SILENT), Map.of("migrated", 2L));
    assertEquals(0, memory.openSinks());
  }

  @Test
  void aNarThatIsEvictedWhileItsFileIsWrittenStaysEvicted() throws IOException {
    NarFixture fixture = put(1, CdcMode.EAGER);
    collect();
    int before = keys().size();
    blobs.beforeCommit(
        () -> {
          try {
            stored.drop(fixture.id().hash(), form(fixture, Form.CHUNKED));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });

    JobResult result = migrate(Progress.SILENT);

    assertResult(Verdict.DONE, result, Map.of("migrated", 0L, "remaining", 0L));
    assertEquals(List.of(), forms(fixture));
    assertEquals(before, keys().size(), "the new file is deleted");
  }

  @Test
  void aNarThatIsUploadedMeanwhileHasOneFileAndNoChunks() throws IOException {
    List<NarFixture> fixtures =
        putSome(2, CdcMode.EAGER).stream()
            .sorted(Comparator.comparing(one -> one.id().hash().nix32()))
            .toList();
    NarFixture last = fixtures.get(1);
    RecordedProgress progress =
        new RecordedProgress()
            .doAfter(
                1,
                () -> {
                  stored.drop(last.id().hash(), form(last, Form.CHUNKED));
                  put(last, CdcMode.OFF);
                });

    JobResult result = migrate(progress);

    assertResult(Verdict.DONE, result, Map.of("migrated", 1L, "remaining", 0L));
    assertEquals(WHOLE, forms(last));
  }

  @Test
  void aReaderOfChunksReadsOnWhenTheNarBecomesAFile() throws IOException {
    NarFixture fixture = put(1, CdcMode.EAGER);
    try (InputStream nar = stored.openChunked(fixture.id(), form(fixture, Form.CHUNKED)).open(0)) {
      byte[] start = nar.readNBytes(1_000);
      migrate(Progress.SILENT);

      assertEquals(fixture.nar().length, start.length + nar.readAllBytes().length);
    }
  }

  @Test
  void aServerThatCutsNarsRefuses() throws IOException {
    NarFixture fixture = put(1, CdcMode.EAGER);
    for (CdcMode mode : List.of(CdcMode.LAZY, CdcMode.EAGER)) {
      JobRefusedException refused =
          assertThrows(JobRefusedException.class, () -> migrate(mode, Progress.SILENT, TO_WHOLE));
      assertTrue(refused.getMessage().contains("narthex.cdc.mode=off"));
    }
    assertEquals(CHUNKED, forms(fixture));
    assertFalse(keys().isEmpty());
  }
}
