package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import narthex.db.DatabaseLoad;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.serve.Sighting.Place;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many queries a request takes for a NAR that is not stored. */
class ColdNarQueriesTest {
  private static final byte[] NAR = NarTree.mixed(64, 9_000).nar();
  private static final Sample SAMPLE = Sample.of("cold", NAR, Compression.XZ);
  private static final NarFileName NAME = SAMPLE.fileName();

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final Map<String, Integer> queries = new ConcurrentHashMap<>();
  private Node node;

  @BeforeEach
  void askForTheNarInfo() throws IOException {
    SAMPLE.publish(upstream);
    node = Node.open(folder, Node.Options.usual(), upstream);
    assertTrue(node.narInfo(SAMPLE).isPresent());
    node.awaitIdle();
    new DatabaseLoad(node.database())
        .observe((what, result, nanos) -> queries.merge(what, 1, Integer::sum));
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    upstream.close();
  }

  private byte[] read(Sighting seen) throws IOException {
    return read(node.nars().find(NAME, seen).orElseThrow());
  }

  private static byte[] read(NarSource found) throws IOException {
    try (NarSource source = found;
        InputStream in = source.open(0)) {
      return in.readAllBytes();
    }
  }

  @Test
  void findingItReadsNothingAgainThatLookingForItHasRead() throws IOException {
    Sighting seen = node.nars().look(NAME);

    assertEquals(Place.NOWHERE, seen.place());
    Map<String, Integer> once =
        Map.of("find file name", 1, "find nar", 2, "find narinfos of nar", 1);
    assertEquals(once, queries, "looks once more whether it has just come in");

    assertArrayEquals(SAMPLE.bytes(NAME, 0), read(seen));
    assertEquals(2 + 2, queries.get("find nar"), "its flight looks before and after its claim");
  }

  @Test
  void lookingForAnUnknownNameTakesOneQuery() throws IOException {
    assertEquals(Place.NOWHERE, node.nars().look(Sample.of(7, Compression.XZ).narName()).place());

    assertEquals(Map.of("find file name", 1), queries);
  }

  @Test
  void whatWasStoredAfterTheLookIsFound() throws IOException {
    Sighting before = node.nars().look(NAME);
    assertEquals(Place.NOWHERE, before.place());
    read(before);
    node.awaitIdle();
    upstream.goDown();

    assertArrayEquals(SAMPLE.bytes(NAME, 0), read(before));
    assertEquals(Place.STORED, node.nars().look(NAME).place());
  }

  @Test
  void aNameThatMeansAnotherNarSinceTheLookIsAnsweredWithThatNar() throws IOException {
    Sample other = Sample.of("other", NarTree.mixed(65, 9_000).nar(), Compression.XZ);
    other.publish(upstream);
    assertTrue(node.narInfo(other).isPresent());
    read(node.nars().find(other.fileName()).orElseThrow());
    node.awaitIdle();
    NarFileName nar = NAME.uncompressed();
    Sighting seen = node.nars().look(nar);
    assertEquals(Place.NOWHERE, seen.place());

    node.database().nameFile(nar.stem(), nar.hash().orElseThrow(), other.id().hash());

    byte[] bytes = read(node.nars().find(nar, seen).orElseThrow());
    assertArrayEquals(other.bytes(other.narName(), 0), bytes);
  }
}
