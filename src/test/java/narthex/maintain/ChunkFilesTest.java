package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Optional;
import narthex.db.Form;
import narthex.ingest.CdcMode;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.store.StoreListener;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.Test;

/** Changes to a NAR by other clients while the background job stores it as chunks. */
class ChunkFilesTest extends StoreFixture {
  private static final long DECODER_BYTES = 256 << 20;

  private interface Change {
    void make() throws IOException;
  }

  /** Makes a change as soon as the job has stored the chunks. */
  private void onceChunked(Change change) {
    stored.addListeners(
        new StoreListener() {
          private boolean isMade;

          @Override
          public void narChanged(Sha256 narHash) {
            if (!isMade) {
              isMade = true;
              try {
                change.make();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
          }

          @Override
          public void narInfoChanged(StorePathHash hash) {}

          @Override
          public void anyChanged() {}
        });
  }

  private boolean chunk(NarFixture fixture) throws IOException {
    return new ChunkFiles(
            database, stored, chunked, new DecoderBudget(DECODER_BYTES).share(Work.BACKGROUND))
        .run(fixture.id().hash());
  }

  private void dropFile(NarFixture fixture) throws IOException {
    stored.drop(
        fixture.id().hash(),
        database
            .findNar(fixture.id().hash())
            .flatMap(nar -> nar.find(Form.WHOLE, fixture.compression()))
            .orElseThrow());
  }

  @Test
  void aNarThatIsDeletedMeanwhileStaysDeleted() throws Exception {
    NarFixture fixture = put(1, CdcMode.OFF);
    onceChunked(() -> dropFile(fixture));

    assertFalse(chunk(fixture));

    assertEquals(Optional.empty(), database.findNar(fixture.id().hash()));
  }

  @Test
  void aNarThatIsDeletedAndUploadedAgainMeanwhileStays() throws Exception {
    NarFixture fixture = put(2, CdcMode.OFF);
    onceChunked(
        () -> {
          assertTrue(stored.deleteUnnamed(fixture.id().hash(), Instant.MAX));
          put(fixture, CdcMode.OFF);
        });

    chunk(fixture);

    assertTrue(database.findNar(fixture.id().hash()).isPresent());
  }
}
