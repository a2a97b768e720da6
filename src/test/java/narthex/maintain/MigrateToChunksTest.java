package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import narthex.blob.FaultyBlobStore.Step;
import narthex.db.Form;
import narthex.ingest.CdcMode;
import narthex.maintain.JobResult.Verdict;
import narthex.nix.Sha256;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The migration of whole files to chunks. */
class MigrateToChunksTest extends MigrationFixture {
  private static final Map<String, String> TO_CHUNKS = Map.of("to", "chunks");
  private static final List<Form> BOTH = List.of(Form.WHOLE, Form.CHUNKED);

  @ParameterizedTest
  @EnumSource(CdcMode.class)
  void everyWholeNarIsCutInEveryMode(CdcMode mode) throws IOException {
    List<NarFixture> fixtures = putSome(5, CdcMode.OFF);
    put(7, CdcMode.EAGER);
    RecordedProgress progress = new RecordedProgress();

    JobResult result = migrate(mode, progress, TO_CHUNKS);

    assertResult(
        Verdict.DONE,
        result,
        Map.of(
            "migrated",
            5L,
            "remaining",
            0L,
            "bytes",
            fixtures.stream().mapToLong(one -> one.id().sizeBytes()).sum()));
    assertEquals("NARs 0/5", progress.steps.get(0));
    assertEquals("NARs 5/5", progress.steps.get(5));
    for (NarFixture fixture : fixtures) {
      assertEquals(BOTH, forms(fixture));
      assertChunksAreRight(fixture);
    }
  }

  @Test
  void theFilesGoAfterTheUsualDelay() throws IOException {
    NarFixture fixture = put(1, CdcMode.OFF);
    migrate(CdcMode.OFF, Progress.SILENT, TO_CHUNKS);
    Duration delay = Duration.ofHours(1);
    DeleteFiles deletion = new DeleteFiles(database, stored, delay, () -> now);
    chores(deletion).wake();
    assertEquals(BOTH, forms(fixture));

    pass(delay);
    chores(deletion).wake();

    assertEquals(List.of(Form.CHUNKED), forms(fixture));
    assertChunksAreRight(fixture);
  }

  @Test
  void aRunThatWasStoppedIsContinuedByTheNext() throws IOException {
    List<NarFixture> fixtures = putSome(5, CdcMode.OFF);

    JobResult first = migrate(CdcMode.LAZY, new RecordedProgress().stopAfter(2), TO_CHUNKS);
    assertResult(Verdict.UNFINISHED, first, Map.of("migrated", 2L, "remaining", 3L));
    assertEquals(2, count(fixtures, BOTH));

    JobResult second = migrate(CdcMode.LAZY, Progress.SILENT, TO_CHUNKS);
    assertResult(Verdict.DONE, second, Map.of("migrated", 3L, "remaining", 0L));
    JobResult third = migrate(CdcMode.LAZY, Progress.SILENT, TO_CHUNKS);
    assertResult(Verdict.DONE, third, Map.of("migrated", 0L, "bytes", 0L));
  }

  @Test
  void aDamagedFileIsToldAndTheOthersAreCut() throws IOException {
    List<NarFixture> fixtures = putSome(4, CdcMode.OFF);
    NarFixture damaged = fixtures.get(1);
    NarFixture lost = fixtures.get(2);
    blobs.flipByte(form(damaged, Form.WHOLE).extents().get(0).blob(), 5_000);
    blobs.lose(form(lost, Form.WHOLE).extents().get(0).blob());
    RecordedProgress progress = new RecordedProgress();

    JobResult result = migrate(CdcMode.LAZY, progress, TO_CHUNKS);

    assertResult(Verdict.PROBLEMS, result, Map.of("migrated", 2L, "damaged", 2L, "failed", 0L));
    assertTold(progress, damaged);
    assertTold(progress, lost);
    assertEquals(2, count(fixtures, BOTH));
    assertEquals(List.of(), forms(damaged), "it is fetched again when it is asked for");
  }

  private static void assertTold(RecordedProgress progress, NarFixture fixture) {
    String name = fixture.id().hash().nix32();
    assertEquals(1, progress.told.stream().filter(line -> line.contains(name)).count(), name);
  }

  @Test
  void anErrorOfTheStorageDeletesNothingAndIsTriedByTheNextRun() throws IOException {
    List<NarFixture> fixtures = putSome(4, CdcMode.OFF);
    for (Step step : List.of(Step.FIND, Step.OPEN, Step.CREATE, Step.COMMIT)) {
      blobs.fail(step);
      RecordedProgress progress = new RecordedProgress();

      JobResult result = migrate(CdcMode.LAZY, progress, TO_CHUNKS);

      assertResult(Verdict.UNFINISHED, result, Map.of("failed", 4L, "remaining", 4L));
      assertEquals(4, progress.told.size(), step.toString());
      assertEquals(4, count(fixtures, List.of(Form.WHOLE)), step.toString());
      blobs.heal();
    }
    blobs.breakReadsAt(form(fixtures.get(0), Form.WHOLE).extents().get(0).blob(), 1_000);
    assertResult(
        Verdict.UNFINISHED,
        migrate(CdcMode.LAZY, Progress.SILENT, TO_CHUNKS),
        Map.of("failed", 1L, "migrated", 3L));
    blobs.heal();
    assertResult(
        Verdict.DONE,
        migrate(CdcMode.LAZY, Progress.SILENT, TO_CHUNKS),
        Map.of("migrated", 1L, "remaining", 0L));
  }

  @Test
  void aStorageThatIsOutOfOrderEndsTheRun() throws IOException {
    putSome(21, CdcMode.OFF);
    blobs.fail(Step.CREATE);

    IOException failure =
        assertThrows(IOException.class, () -> migrate(CdcMode.LAZY, Progress.SILENT, TO_CHUNKS));

    assertTrue(String.valueOf(failure.getMessage()).startsWith("20 failures"));
  }

  @Test
  void aNarThatIsEvictedMeanwhileStaysEvicted() throws IOException {
    List<NarFixture> fixtures = inOrder(putSome(3, CdcMode.OFF));
    NarFixture evicted = fixtures.get(2);
    RecordedProgress progress =
        new RecordedProgress()
            .doAfter(1, () -> stored.drop(evicted.id().hash(), form(evicted, Form.WHOLE)));

    JobResult result = migrate(CdcMode.LAZY, progress, TO_CHUNKS);

    assertResult(Verdict.DONE, result, Map.of("migrated", 2L, "damaged", 0L));
    assertEquals(List.of(), forms(evicted));
  }

  @Test
  void aNarThatIsUploadedMeanwhileIsUsedAsItIs() throws IOException {
    List<NarFixture> fixtures = inOrder(putSome(3, CdcMode.OFF));
    NarFixture last = fixtures.get(2);
    RecordedProgress progress = new RecordedProgress().doAfter(1, () -> put(last, CdcMode.EAGER));

    JobResult result = migrate(CdcMode.LAZY, progress, TO_CHUNKS);

    assertResult(Verdict.DONE, result, Map.of("remaining", 0L));
    assertChunksAreRight(last);
  }

  private static List<NarFixture> inOrder(List<NarFixture> fixtures) {
    return fixtures.stream().sorted((one, other) -> nix32(one).compareTo(nix32(other))).toList();
  }

  private static String nix32(NarFixture fixture) {
    Sha256 hash = fixture.id().hash();
    return hash.nix32();
  }

  @Test
  void aWrongOptionIsRefusedBeforeAnythingIsDone() throws IOException {
    NarFixture fixture = put(1, CdcMode.OFF);
    for (Map<String, String> options :
        List.of(
            Map.<String, String>of(),
            Map.of("to", "packs"),
            Map.of("to", "chunks", "rate", "fast"))) {
      assertThrows(
          JobRefusedException.class, () -> migrate(CdcMode.LAZY, Progress.SILENT, options));
    }
    assertEquals(List.of(Form.WHOLE), forms(fixture));
  }
}
