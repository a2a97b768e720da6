package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;
import narthex.blob.PassingBlobStore;
import narthex.blob.Spool;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Incoming files are spooled locally; only files that are kept reach the blob store. */
class SpooledFileTest {
  private static final Sample SAMPLE = Sample.of(91, Compression.XZ);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final List<String> stored = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    upstream.close();
  }

  /** Records the keys of all blobs that reach the store. */
  private final class Recorded extends PassingBlobStore {
    Recorded(BlobStore store) {
      super(store);
    }

    @Override
    public BlobSink create(String key) throws IOException {
      stored.add(key);
      return store.create(key);
    }

    @Override
    public Spool spool() throws IOException {
      return new PassingSpool(store.spool()) {
        @Override
        public void commit(String key) throws IOException {
          stored.add(key);
          super.commit(key);
        }
      };
    }
  }

  private Node open(CdcMode mode) throws IOException {
    SAMPLE.publish(upstream);
    Node node = Node.open(folder, Node.Options.usual().in(mode).withBlobs(Recorded::new), upstream);
    assertTrue(node.narInfo(SAMPLE).isPresent());
    return node;
  }

  private static void read(Node node, NarFileName name) {
    assertEquals(Outcome.RIGHT, Reading.start(node, SAMPLE, name, 0).outcome());
    node.awaitIdle();
  }

  @Test
  void aFileThatIsCutOrPassedThroughNeverReachesTheStore() throws IOException {
    try (Node node = open(CdcMode.EAGER)) {
      read(node, SAMPLE.narName());
      assertFalse(stored.isEmpty());
      assertEquals(List.of(), stored.stream().filter(key -> !key.startsWith("pack/")).toList());

      stored.clear();
      read(node, SAMPLE.fileName());

      assertEquals(List.of(), stored);
      assertEquals(List.of(), node.temporaryFiles());
    }
  }

  @Test
  void aFileThatIsKeptIsNamedByItsNarHash() throws IOException {
    try (Node node = open(CdcMode.OFF)) {
      read(node, SAMPLE.fileName());

      assertEquals(1, stored.size());
      String hash = SAMPLE.id().hash().nix32();
      assertTrue(stored.get(0).startsWith("nar/" + hash.substring(0, 2) + "/" + hash + "-"));
    }
  }
}
