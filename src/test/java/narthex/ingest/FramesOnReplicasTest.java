package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import narthex.nix.Compression;
import narthex.serve.NarSource;
import narthex.staging.InFlightRegistry;
import narthex.staging.LocalRegistry;
import narthex.stream.Decoders;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.node.Node;
import narthex.testing.node.Node.Options;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two replicas in eager mode: one fetches, clients of the other take zstd. */
class FramesOnReplicasTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int BEGIN = 2_000;

  @TempDir Path folder;
  private final LocalRegistry.Board board = new LocalRegistry.Board(InstantSource.system());
  private final Gate gate = new Gate();
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final FaultyUpstream other = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final InFlightRegistry registryA = new LocalRegistry(board, "a");

  @SuppressWarnings("NullAway.Init") // JUnit calls open first
  private Node a;

  @SuppressWarnings("NullAway.Init")
  private Node b;

  @BeforeEach
  void open() throws IOException {
    Options eager = Options.usual().in(CdcMode.EAGER);
    a = Node.open(folder, eager.withCluster(registryA), upstream);
    b = Node.open(folder, eager.withCluster(new LocalRegistry(board, "b")), other, upstream);
  }

  @AfterEach
  void close() throws IOException {
    gate.open();
    a.close();
    b.close();
    upstream.close();
    other.close();
  }

  /** Begins to read at the replica that fetches; the upstream's response stalls. */
  private Reading begin(Sample sample, int stallAfter) throws IOException {
    sample.publish(upstream).publish(other);
    assertTrue(a.narInfo(sample).isPresent());
    assertTrue(b.narInfo(sample).isPresent());
    upstream.fail(sample.narTarget(), Fault.stallAfter(stallAfter, gate), 1);
    Reading first = Reading.start(a, sample, sample.narName(), 0);
    gate.awaitArrivals(1, PATIENCE);
    return first;
  }

  private int gets(Sample sample) {
    return upstream.requests().count("GET", sample.narTarget())
        + other.requests().count("GET", sample.narTarget());
  }

  private static byte[] decode(byte[] zstd) throws IOException {
    try (InputStream in = Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(zstd))) {
      return in.readAllBytes();
    }
  }

  private byte[] storedFrames(Sample sample) throws IOException {
    try (NarSource source = b.nars().find(sample.narName()).orElseThrow();
        InputStream in = source.coded().orElseThrow().open(0)) {
      return in.readAllBytes();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"XZ", "ZSTD", "NONE"})
  void aFollowerSendsTheFramesThatTheOtherReplicaStages(Compression compression)
      throws IOException {
    Sample sample = Sample.of(81, compression);
    boolean isZstd = compression == Compression.ZSTD; // its first block is most of the file
    Reading first = begin(sample, isZstd ? sample.fileBytes() - 50 : sample.fileBytes() / 2);
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    try (NarSource source = b.nars().find(sample.narName()).orElseThrow();
        InputStream in = source.coded().orElseThrow().open(0)) {
      sent.write(in.readNBytes(BEGIN));
      assertFalse(a.isStored(sample), "the follower reads before the NAR is stored");
      gate.open();
      in.transferTo(sent);
    }
    assertEquals(Outcome.RIGHT, first.outcome());
    a.awaitIdle();
    b.awaitIdle();

    assertArrayEquals(storedFrames(sample), sent.toByteArray(), "nothing is compressed twice");
    assertArrayEquals(sample.bytes(sample.narName(), 0), decode(sent.toByteArray()));
    assertEquals(1, gets(sample));
  }

  @Test
  void framesGoOnWhenTheReplicaThatFetchesIsLost() throws IOException {
    Sample sample = Sample.of(82, Compression.XZ);
    Reading lost = begin(sample, sample.fileBytes() / 2);
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    try (NarSource source = b.nars().find(sample.narName()).orElseThrow();
        InputStream in = source.coded().orElseThrow().open(0)) {
      sent.write(in.readNBytes(BEGIN));
      registryA.close();
      in.transferTo(sent);
    }

    assertArrayEquals(sample.bytes(sample.narName(), 0), decode(sent.toByteArray()));
    assertEquals(2, gets(sample));
    gate.open();
    assertEquals(Outcome.RIGHT, lost.outcome());
  }

  /** A NAR of some repetitive text and some random bytes. */
  private static Sample similar(int seed) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      text.append("line ").append(i * 7919 % 10_007).append(" of a file that two NARs share\n");
    }
    Map<String, NarTree> files =
        Map.of("a", NarTree.file(text.toString()), "b", NarTree.random(seed, 200_000));
    return Sample.of("similar-" + seed, NarTree.directory(files).nar(), Compression.XZ);
  }

  @Test
  void chunksThatWereCompressedAgainInGroupsAreSentAsTheyAre() throws IOException {
    Sample stored = similar(1).publish(upstream);
    assertTrue(a.narInfo(stored).isPresent());
    assertEquals(Outcome.RIGHT, Reading.start(a, stored, stored.narName(), 0).outcome());
    a.awaitIdle();
    a.chores().repack(19);
    Sample sample = similar(2);
    Reading first = begin(sample, sample.fileBytes() / 2);
    byte[] expected = sample.bytes(sample.narName(), 0);
    for (Node node : new Node[] {a, b}) {
      try (NarSource source = node.nars().find(sample.narName()).orElseThrow();
          InputStream in = source.coded().orElseThrow().open(0)) {
        gate.open();
        assertArrayEquals(expected, decode(in.readAllBytes()));
      }
    }
    assertEquals(Outcome.RIGHT, first.outcome());
    assertEquals(1, gets(sample));
  }
}
