package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A client requests a file name that the server doesn't know, because its database was lost. */
class UnknownFileTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private Sample sample = Sample.of(51, Compression.XZ);

  @BeforeEach
  void publish() {
    sample.publish(upstream);
  }

  @AfterEach
  void close() {
    upstream.close();
  }

  private Node open(Node.Options options) throws IOException {
    return Node.open(folder, options, upstream);
  }

  private Node open() throws IOException {
    return open(Node.Options.usual());
  }

  private Outcome read(Node node, NarFileName name) {
    return Reading.start(node, sample, name, 0).outcome();
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void aFileIsFoundUpstreamInTheFormsThatCachesUse(Compression compression) throws IOException {
    sample = Sample.of(52, compression).publish(upstream);
    for (CdcMode mode : List.of(CdcMode.OFF, CdcMode.EAGER)) {
      for (NarFileName name : Set.copyOf(List.of(sample.narName(), sample.fileName()))) {
        Path fresh = folder.resolve(mode + "-" + name.print());
        upstream.requests().clear();
        try (Node node = Node.open(fresh, Node.Options.usual().in(mode), upstream)) {
          assertEquals(Outcome.RIGHT, read(node, name));
          node.awaitIdle();
          assertTrue(node.isStored(sample));
          assertEquals(Outcome.RIGHT, read(node, sample.narName()));
          assertEquals(1, upstream.requests().count("GET", sample.narTarget()));
        }
      }
    }
  }

  @Test
  void theFormThatWasAskedIsAskedFirst() throws IOException {
    try (Node node = open()) {
      assertEquals(Outcome.RIGHT, read(node, sample.fileName()));
      assertEquals(1, upstream.requests().all().size());
    }
  }

  @Test
  void aCompressedNameIsNeverAnsweredWithAnotherForm() throws IOException {
    try (Node node = open()) {
      NarFileName zstd = new NarFileName(sample.fileName().stem(), Compression.ZSTD);

      assertEquals(Outcome.ABSENT, read(node, zstd));
      assertTrue(node.nars().probe(zstd).isEmpty());
    }
  }

  @Test
  void bytesThatDoNotHashToTheNameAreNeverSentAsTheWhole() throws IOException {
    upstream.fail(sample.narTarget(), Fault.flipByte(sample.fileBytes() / 2));
    try (Node node = open()) {
      assertEquals(Outcome.FAILED, read(node, sample.fileName()));
      node.awaitIdle();
      assertFalse(node.isStored(sample));
      assertEquals(List.of(), node.blobFiles());
      assertEquals(List.of(), node.temporaryFiles());

      upstream.heal();
      assertEquals(Outcome.RIGHT, read(node, sample.fileName()));
    }
  }

  @Test
  void aTrueFileOfAnotherHashIsRefused() throws IOException {
    byte[] other = Sample.of(53, Compression.XZ).bytes(Sample.of(53, Compression.XZ).fileName(), 0);
    upstream.put(sample.narTarget(), other);
    try (Node node = open()) {
      assertEquals(Outcome.FAILED, read(node, sample.narName()));
      node.awaitIdle();
      assertEquals(List.of(), node.blobFiles());
    }
  }

  @Test
  void manyWhoAskAtTheSameTimeCostOneFetch() throws IOException {
    Gate gate = new Gate();
    upstream.fail(sample.narTarget(), Fault.stallAfter(1000, gate));
    try (Node node = open()) {
      List<Reading> readings = new ArrayList<>(Reading.startMany(node, sample, 1));
      gate.awaitArrivals(1, PATIENCE);
      readings.addAll(Reading.startMany(node, sample, 16));
      gate.open();

      assertEquals(List.of(Outcome.RIGHT), Reading.outcomes(readings).stream().distinct().toList());
      assertEquals(1, upstream.requests().count("GET", sample.narTarget()));
    }
  }

  @Test
  void aReaderGetsBytesWhileTheRestIsStillToCome() throws IOException {
    Gate gate = new Gate();
    upstream.fail(sample.narTarget(), Fault.stallAfter(40_000, gate));
    try (Node node = open()) {
      NarSource source = node.nars().find(sample.narName()).orElseThrow();
      assertEquals(OptionalLong.empty(), source.length());
      try (InputStream in = source.open(0)) {
        assertEquals(10_000, in.readNBytes(10_000).length);
        gate.open();
        assertArrayEquals(sample.bytes(sample.narName(), 10_000), in.readAllBytes());
      }
    }
  }

  @Test
  void anAbsenceIsRememberedAndTroubleIsNot() throws IOException {
    Node.Options remembering = Node.Options.usual().withNegativeTtl(Duration.ofHours(1));
    upstream.remove(sample.narTarget());
    try (Node node = open(remembering)) {
      assertEquals(Outcome.ABSENT, read(node, sample.narName()));
      int asked = upstream.requests().all().size();
      assertEquals(Outcome.ABSENT, read(node, sample.narName()));
      assertTrue(node.nars().probe(sample.fileName()).isEmpty());
      assertEquals(asked, upstream.requests().all().size());

      Sample other = Sample.of(54, Compression.XZ).publish(upstream);
      upstream.fail(other.narTarget(), Fault.status(500));
      assertThrows(IOException.class, () -> node.nars().find(other.fileName()));
      assertThrows(IOException.class, () -> node.nars().probe(other.fileName()));
      upstream.heal();
      assertTrue(node.nars().find(other.fileName()).isPresent());
    }
  }

  @Test
  void aHeadIsTruthfulAndReadsNoBody() throws IOException {
    try (Node node = open()) {
      NarAnswer file = node.nars().probe(sample.fileName()).orElseThrow();
      assertEquals(
          new NarAnswer(OptionalLong.of(sample.fileBytes()), sample.fileName().stem()), file);
      NarAnswer nar = node.nars().probe(sample.narName()).orElseThrow();
      assertEquals(new NarAnswer(OptionalLong.empty(), ""), nar);
      assertEquals(0, upstream.requests().count("GET", sample.narTarget()));
    }
  }

  @Test
  void aNarThatIsTooLargeIsRefused() throws IOException {
    byte[] large = new byte[(1 << 20) + 8];
    Sample bomb = Sample.of("bomb", large, Compression.XZ).publish(upstream);
    try (Node node = open()) {
      assertThrows(
          IOException.class,
          () -> {
            try (InputStream in = node.nars().find(bomb.narName()).orElseThrow().open(0)) {
              in.readAllBytes();
            }
          });
      node.awaitIdle();
      assertEquals(List.of(), node.blobFiles());
    }
  }
}
