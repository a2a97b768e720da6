package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import narthex.blob.BlobStore;
import narthex.blob.PassingBlobStore;
import narthex.blob.Spool;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.nix.Compression;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fetches of NARs that repair lost or condemned chunks. */
class HealingFetchTest {
  private static final Sample SAMPLE = Sample.of(63, Compression.XZ);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final AtomicReference<Runnable> whenPackIsFound = new AtomicReference<>(() -> {});
  private Node node;

  @BeforeEach
  void fetch() throws IOException {
    SAMPLE.publish(upstream);
    node =
        Node.open(folder, Node.Options.usual().in(CdcMode.EAGER).withBlobs(Watched::new), upstream);
    assertTrue(node.narInfo(SAMPLE).isPresent());
    assertEquals(Outcome.RIGHT, read());
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    upstream.close();
  }

  private Outcome read() {
    Outcome outcome = Reading.start(node, SAMPLE, SAMPLE.narName(), 0).outcome();
    node.awaitIdle();
    return outcome;
  }

  private int fetches() {
    return upstream.requests().count("GET", SAMPLE.narTarget());
  }

  private void forget() throws IOException {
    Optional<Representation> stored =
        node.database()
            .findNar(SAMPLE.id().hash())
            .flatMap(nar -> nar.find(Form.CHUNKED, Compression.NONE));
    assertTrue(
        node.database()
            .deleteRepresentation(SAMPLE.id().hash(), stored.orElseThrow(), Instant.EPOCH));
  }

  private Set<Path> packs() {
    return new HashSet<>(node.blobFiles());
  }

  private void assertServedFromHere() {
    upstream.goDown();
    assertEquals(Outcome.RIGHT, read());
    assertEquals(Set.of(), Set.copyOf(node.temporaryFiles()));
  }

  @Test
  void chunksThatAreCondemnedJustBeforeTheCommitAreWrittenAnewWithoutAnotherFetch()
      throws IOException {
    Set<Path> before = packs();
    forget();
    whenPackIsFound.set(
        () -> {
          for (String pack : Watched.packs) {
            condemn(pack);
          }
        });

    assertEquals(Outcome.RIGHT, read());

    assertEquals(2, fetches());
    assertFalse(before.containsAll(packs()), "new packs are there");
    for (Path pack : before) {
      Files.deleteIfExists(pack);
    }
    assertServedFromHere();
  }

  private void condemn(String pack) {
    try {
      node.database().chunks().condemnPack(pack);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void packsThatAreLostAreNotReferredToAgain() throws IOException {
    forget();
    for (Path pack : packs()) {
      Files.delete(pack);
    }

    assertEquals(Outcome.RIGHT, read());

    assertEquals(2, fetches());
    assertServedFromHere();
  }

  /** Runs an action after a pack was looked up. */
  private final class Watched extends PassingBlobStore {
    private static final Set<String> packs = new HashSet<>();

    Watched(BlobStore store) {
      super(store);
      packs.clear();
    }

    @Override
    public OptionalLong find(String key) throws IOException {
      OptionalLong found = store.find(key);
      if (key.startsWith("pack/")) {
        whenPackIsFound.getAndSet(() -> {}).run();
      }
      return found;
    }

    @Override
    public Spool spool() throws IOException {
      return new PassingSpool(store.spool()) {
        @Override
        public void commit(String key) throws IOException {
          packs.add(key);
          super.commit(key);
        }
      };
    }
  }
}
