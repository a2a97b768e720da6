package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import narthex.blob.FaultyBlobStore;
import narthex.blob.FaultyBlobStore.Step;
import narthex.nix.Compression;
import narthex.staging.Flight;
import narthex.staging.Flights;
import narthex.staging.InFlightRegistry;
import narthex.staging.LocalRegistry;
import narthex.staging.StagedFlight;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.Soon;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readers of a NAR that has come whole and is right, but whose blob can't be committed. */
class UnstorableNarTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Sample SAMPLE = Sample.of(92, Compression.XZ);
  private static final byte[] FILE = SAMPLE.bytes(SAMPLE.fileName(), 0);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final CompletableFuture<Flights> flights = new CompletableFuture<>();

  /** The flight, joined as a request does it, just before the commit that fails. */
  private final CompletableFuture<Flight> joined = new CompletableFuture<>();

  private final InFlightRegistry registry =
      new LocalRegistry(new LocalRegistry.Board(InstantSource.system()), "a");

  @AfterEach
  void close() {
    upstream.close();
  }

  private Node open() throws IOException {
    Node node =
        Node.open(
            folder,
            Node.Options.usual()
                .withCluster(registry)
                .withBlobs(
                    store -> new FaultyBlobStore(store).fail(Step.COMMIT).beforeCommit(this::join)),
            upstream);
    flights.complete(node.flights());
    return node;
  }

  /** Another thread than the one that commits lets an upload be joined. */
  private void join() {
    Flights all = flights.join();
    try {
      Soon.await("flight").atMost(PATIENCE).until(() -> all.size() > 0);
      joined.complete(all.claim(all.list().get(0)));
    } catch (ConditionTimeoutException e) {
      joined.completeExceptionally(e);
    }
  }

  /** Reads the file as a request does that is slow to open it. */
  private void readWhenTheFlightIsOver(Node node) throws Exception {
    Flight flight = joined.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    try {
      Soon.await("end of the flight").atMost(PATIENCE).until(() -> node.flights().size() == 0);
      assertNotEquals(
          Optional.of(StagedFlight.State.ACTIVE),
          registry.find(flight.key().name()).map(StagedFlight::state));
      try (InputStream in = flight.awaitOpened().orElseThrow().file().open(0)) {
        assertArrayEquals(FILE, in.readAllBytes());
      }
    } finally {
      flight.boarding().boarded();
    }
    assertFalse(flight.awaitEnded());
  }

  @Test
  void isReadByWhoJoinedItsDownload() throws IOException {
    SAMPLE.publish(upstream);
    try (Node node = open()) {
      node.narInfo(SAMPLE);
      node.nars().find(SAMPLE.fileName()).orElseThrow().close();

      assertTimeoutPreemptively(PATIENCE, () -> readWhenTheFlightIsOver(node));

      node.awaitIdle();
      assertFalse(node.isStored(SAMPLE));
    }
  }

  @Test
  void isReadByWhoJoinedItsUpload() throws IOException {
    try (Node node = open()) {
      CompletableFuture<Void> upload =
          CompletableFuture.runAsync(
              () ->
                  assertThrows(
                      IOException.class,
                      () ->
                          node.narUpload()
                              .store(
                                  SAMPLE.fileName(),
                                  OptionalLong.of(FILE.length),
                                  new ByteArrayInputStream(FILE))));

      assertTimeoutPreemptively(PATIENCE, () -> readWhenTheFlightIsOver(node));

      upload.join();
      assertFalse(node.isStored(SAMPLE));
    }
  }
}
