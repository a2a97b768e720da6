package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarInfo;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A narinfo turns out to be outdated before it is due for revalidation. */
class OutdatedNarInfoTest {
  private static final Sample SAMPLE = Sample.of(95, Compression.XZ);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);

  @AfterEach
  void close() {
    upstream.close();
  }

  private Node open(FaultyUpstream... upstreams) throws IOException {
    return Node.open(folder, Node.Options.usual().withMemory(1 << 20), upstreams);
  }

  private static Outcome read(Node node, Sample sample) {
    return Reading.start(node, sample, sample.fileName(), 0).outcome();
  }

  private Optional<NarInfo> known(Node node) throws IOException {
    SAMPLE.publish(upstream);
    return node.narInfo(SAMPLE);
  }

  @Test
  void aPathThatUpstreamDroppedIsAMissAtOnce() throws IOException {
    try (Node node = open(upstream)) {
      assertTrue(known(node).isPresent());
      upstream.remove(SAMPLE.narTarget()).remove(SAMPLE.narInfoTarget());

      assertEquals(Outcome.ABSENT, read(node, SAMPLE));

      assertEquals(Optional.empty(), node.narInfo(SAMPLE));
    }
  }

  @Test
  void aHeadThatMissesTheNarOutdatesItsNarInfoToo() throws IOException {
    try (Node node = open(upstream)) {
      assertTrue(known(node).isPresent());
      upstream.remove(SAMPLE.narTarget()).remove(SAMPLE.narInfoTarget());

      assertEquals(Optional.empty(), node.nars().probe(SAMPLE.fileName()));

      assertEquals(Optional.empty(), node.narInfo(SAMPLE));
    }
  }

  @Test
  void aNarInfoWhoseNarIsAbsentIsNotServedInTrouble() throws IOException {
    try (Node node = open(upstream)) {
      assertTrue(known(node).isPresent());
      upstream.remove(SAMPLE.narTarget()).remove(SAMPLE.narInfoTarget());
      assertEquals(Outcome.ABSENT, read(node, SAMPLE));
      upstream.fail(SAMPLE.narInfoTarget(), Fault.status(500));

      assertThrows(IOException.class, () -> node.narInfo(SAMPLE));
    }
  }

  @Test
  void aRebuiltPathIsLearntByTheRequestThatMissesItsNar() throws IOException {
    Sample other = Sample.of(96, Compression.XZ).publish(upstream);
    Sample rebuilt = SAMPLE.sayingNar(other.id()).saying(file -> other.narInfo().file());
    try (Node node = open(upstream)) {
      assertTrue(known(node).isPresent());
      upstream.remove(SAMPLE.narTarget());
      upstream.put(SAMPLE.narInfoTarget(), rebuilt.narInfo().print());

      assertEquals(Outcome.ABSENT, read(node, SAMPLE));

      NarInfo told = node.narInfo(SAMPLE).orElseThrow();
      assertEquals(other.id(), told.nar());
      assertEquals(Outcome.RIGHT, read(node, other));
    }
  }

  @Test
  void anUpstreamThatWasRemovedVouchesForNothing() throws IOException {
    try (Node node = open(upstream)) {
      assertTrue(known(node).isPresent());
      assertEquals(Outcome.RIGHT, read(node, SAMPLE));
      node.awaitIdle();
    }
    try (Node node = open()) {
      assertEquals(Optional.empty(), node.narInfo(SAMPLE));
      assertEquals(Optional.empty(), node.narInfos().findHere(SAMPLE.hash()));
    }
    try (Node node = open(upstream)) {
      assertTrue(node.narInfo(SAMPLE).isPresent());
    }
  }

  @Test
  void aKeyThatIsTrustedForAnotherUpstreamStillVouches() throws IOException {
    try (Node node = open(upstream)) {
      assertTrue(known(node).isPresent());
    }
    try (FaultyUpstream other = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
        Node node = open(other)) {
      NarFile told = node.narInfo(SAMPLE).orElseThrow().file();

      assertEquals(SAMPLE.narInfo().file(), told);
      assertEquals(0, other.requests().count(SAMPLE.narInfoTarget()));
    }
  }
}
