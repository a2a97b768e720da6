package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import narthex.blob.BlobStore;
import narthex.blob.FaultyBlobStore;
import narthex.blob.PassingBlobStore;
import narthex.db.Representation;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.StoredChunks;
import narthex.testing.StoredChunks.Shape;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small NAR that is asked for again and again. */
class HotNarTest {
  private static final byte[] NAR = NarTree.mixed(64, 9_000).nar();
  private static final Sample SMALL = Sample.of("small", NAR, Compression.XZ);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final AtomicReference<FaultyBlobStore> blobs = new AtomicReference<>();
  private final AtomicInteger opens = new AtomicInteger();
  private final AtomicInteger finds = new AtomicInteger();
  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private Node node;
  private StoredChunks chunks;

  @BeforeEach
  void store() throws IOException {
    SMALL.publish(upstream);
    node =
        Node.open(
            folder,
            Node.Options.usual()
                .withClock(now::get)
                .withBlobs(
                    store -> {
                      blobs.set(new FaultyBlobStore(store));
                      return new CountedOpens(blobs());
                    }),
            upstream);
    assertTrue(node.narInfo(SMALL).isPresent());
    chunks = StoredChunks.store(node.database(), blobs(), Shape.usual(), NAR);
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    upstream.close();
  }

  private FaultyBlobStore blobs() {
    return Objects.requireNonNull(blobs.get());
  }

  private static byte[] read(NarSource source, long from) throws IOException {
    try (InputStream in = source.open(from)) {
      return in.readAllBytes();
    }
  }

  @Test
  void aHotSmallChunkedNarCostsNoStatementAndNoRead() throws IOException {
    NarFileName advertised = new NarFileName(SMALL.fileName().stem(), Compression.NONE);
    assertArrayEquals(NAR, read(node.nars().find(advertised).orElseThrow(), 0));
    assertEquals(1, opens.get(), "all its chunks are in one pack");
    node.database().close();

    NarSource frames =
        node.nars().find(advertised).orElseThrow().encoded(Compression.ZSTD).orElseThrow();
    assertArrayEquals(chunks.frames(), read(frames, 0));
    assertEquals(2, opens.get());
    assertEquals(Sighting.Place.STORED, node.nars().look(advertised).place());
    NarSource source = node.nars().find(advertised).orElseThrow();
    assertArrayEquals(NAR, read(source, 0));
    assertArrayEquals(Arrays.copyOfRange(NAR, 777, NAR.length), read(source, 777));
    read(source.encoded(Compression.ZSTD).orElseThrow(), 0);
    read(source.coded().orElseThrow(), 0);
    assertEquals(2, opens.get());
  }

  private void aSecondLater() {
    now.updateAndGet(then -> then.plusSeconds(1));
  }

  @Test
  void aHotSmallFileIsLookedForOnceASecond() throws IOException {
    Sample whole = storeWhole();
    assertEquals(Outcome.RIGHT, Reading.start(node, whole, whole.fileName(), 0).outcome());
    assertEquals(Outcome.RIGHT, Reading.start(node, whole, whole.fileName(), 0).outcome());
    int before = finds.get();
    assertEquals(Outcome.RIGHT, Reading.start(node, whole, whole.fileName(), 0).outcome());
    assertEquals(before, finds.get());
    aSecondLater();
    assertEquals(Outcome.RIGHT, Reading.start(node, whole, whole.fileName(), 0).outcome());
    assertEquals(before + 1, finds.get());
  }

  @Test
  void aHotSmallNarWhosePackIsLostIsFetchedAgain() throws IOException {
    assertEquals(Outcome.RIGHT, Reading.start(node, SMALL, SMALL.narName(), 0).outcome());

    blobs().lose(chunks.placeOf(0).pack());

    assertEquals(Outcome.RIGHT, Reading.start(node, SMALL, SMALL.narName(), 0).outcome());
    assertEquals(1, upstream.requests().count("GET", SMALL.narTarget()));
  }

  /** Stored as the file that the upstream has. */
  private Sample storeWhole() throws IOException {
    return storeWhole(NarTree.mixed(65, 9_000));
  }

  private Sample storeWhole(NarTree tree) throws IOException {
    Sample whole = Sample.of("whole", tree.nar(), Compression.XZ);
    whole.publish(upstream);
    assertEquals(Outcome.RIGHT, Reading.start(node, whole, whole.fileName(), 0).outcome());
    node.awaitIdle();
    return whole;
  }

  @Test
  void aHotSmallFileIsReadOnce() throws IOException {
    Sample whole = storeWhole();
    assertEquals(Outcome.RIGHT, Reading.start(node, whole, whole.fileName(), 0).outcome());
    int before = opens.get();
    node.database().close();

    assertEquals(Outcome.RIGHT, Reading.start(node, whole, whole.fileName(), 0).outcome());
    assertEquals(Outcome.RIGHT, Reading.start(node, whole, whole.fileName(), 777).outcome());

    assertEquals(before, opens.get());
  }

  private void lose(Sample whole) throws IOException {
    Representation stored =
        node.database().findNar(whole.id().hash()).orElseThrow().representations().get(0);
    blobs().lose(stored.extents().get(0).blob());
  }

  @Test
  void aFileTooLongForMemoryThatIsLostIsFetchedAgainAtOnce() throws IOException {
    Sample whole = storeWhole(NarTree.random(66, 300_000));
    assertEquals(Outcome.RIGHT, Reading.start(node, whole, whole.fileName(), 0).outcome());

    lose(whole);

    assertEquals(Outcome.RIGHT, Reading.start(node, whole, whole.fileName(), 0).outcome());
    assertEquals(2, upstream.requests().count("GET", whole.narTarget()));
  }

  @Test
  void aHotSmallFileThatIsLostIsFetchedAgain() throws IOException {
    Sample whole = storeWhole();
    assertEquals(Outcome.RIGHT, Reading.start(node, whole, whole.fileName(), 0).outcome());

    lose(whole);
    aSecondLater();

    assertEquals(Outcome.RIGHT, Reading.start(node, whole, whole.fileName(), 0).outcome());
    assertEquals(2, upstream.requests().count("GET", whole.narTarget()));
  }

  @Test
  void theFramesOfAHotNarAreHashedAsTheyAreStored() throws IOException {
    NarSource frames = node.nars().find(SMALL.narName()).orElseThrow().coded().orElseThrow();
    assertArrayEquals(chunks.frames(), read(frames, 0));
    int before = opens.get();

    assertTrue(node.chores().hash(SMALL));

    assertEquals(before + 1, opens.get());
  }

  /** Counts the looks for blobs, and the reads. */
  private final class CountedOpens extends PassingBlobStore {
    CountedOpens(BlobStore store) {
      super(store);
    }

    @Override
    public OptionalLong findToRead(String key, long from) throws IOException {
      finds.incrementAndGet();
      return super.findToRead(key, from);
    }

    @Override
    public InputStream open(String key, long from, long length) throws IOException {
      opens.incrementAndGet();
      return super.open(key, from, length);
    }
  }
}
