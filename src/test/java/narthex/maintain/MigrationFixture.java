package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import narthex.blob.BlobStore;
import narthex.db.Form;
import narthex.db.GarbageTable;
import narthex.db.Representation;
import narthex.ingest.CdcMode;
import narthex.maintain.JobResult.Verdict;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.DecoderShare;
import narthex.testing.NarFixture;

/** Fixture for tests of the job that migrates. */
abstract class MigrationFixture extends StoreFixture {
  private static final long DECODER_BYTES = 256 << 20;

  final DecoderShare decoders = new DecoderBudget(DECODER_BYTES).share(Work.BACKGROUND);

  /** Opens the store to which blobs are copied. */
  BlobStore target() throws IOException {
    throw new IOException("no other store");
  }

  ChunkFiles chunkFiles() {
    return new ChunkFiles(database, stored, chunked, decoders);
  }

  MigrateJob job(CdcMode mode) {
    return new MigrateJob(
        new MigrateJob.Store(database, blobs, stored, chunked, chunks, decoders),
        chunkFiles(),
        mode,
        (url, keys) -> this::target);
  }

  JobResult migrate(CdcMode mode, Progress progress, Map<String, String> options)
      throws IOException {
    return job(mode).prepare(new JobOptions(options)).run(progress);
  }

  List<NarFixture> putSome(int count, CdcMode mode) throws IOException {
    List<NarFixture> fixtures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      fixtures.add(put(100 + i, mode));
    }
    return fixtures;
  }

  List<Form> forms(NarFixture fixture) throws IOException {
    return database.findNar(fixture.id().hash()).stream()
        .flatMap(nar -> nar.representations().stream())
        .map(Representation::form)
        .toList();
  }

  long count(List<NarFixture> fixtures, List<Form> forms) throws IOException {
    long count = 0;
    for (NarFixture fixture : fixtures) {
      count += forms(fixture).equals(forms) ? 1 : 0;
    }
    return count;
  }

  Representation form(NarFixture fixture, Form form) throws IOException {
    return database.findNar(fixture.id().hash()).orElseThrow().representations().stream()
        .filter(one -> one.form() == form)
        .findFirst()
        .orElseThrow();
  }

  /** Removes what no row refers to, as if its grace were over. */
  void collect() throws IOException {
    CollectionRounds rounds = new CollectionRounds(database, chunks.writers(), "alone", () -> now);
    for (int round = 0; round < 2; round++) { // marks, then removes
      chores(new CollectChunks(database, rounds, Duration.ZERO, () -> now)).wake();
    }
    pass(GarbageTable.GRACE);
    chores(new DeleteGarbage(database, blobs, () -> now)).wake();
  }

  void assertChunksAreRight(NarFixture fixture) throws IOException {
    try (InputStream nar = stored.openChunked(fixture.id(), form(fixture, Form.CHUNKED)).open(0)) {
      assertArrayEquals(fixture.nar(), nar.readAllBytes());
    }
  }

  static void assertResult(Verdict verdict, JobResult result, Map<String, Object> figures) {
    assertEquals(verdict, result.verdict(), () -> result.figures().toString());
    figures.forEach(
        (name, value) -> assertEquals(value, result.figures().get(name), result.toString()));
  }
}
