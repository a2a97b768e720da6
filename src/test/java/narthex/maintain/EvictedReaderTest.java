package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import narthex.ingest.CdcMode;
import narthex.maintain.Eviction.Keep;
import narthex.nix.Compression;
import narthex.serve.NarSource;
import narthex.stream.Decoders;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.NarTree;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

/** A client reads so slowly that its NAR is evicted and collected meanwhile. */
class EvictedReaderTest extends EvictionFixture {
  private static final int LONG = 2_000_000;
  private static final int BEGIN = 1_000;

  private final Sample sample =
      Sample.of("slowly-read", NarTree.random(1, LONG).nar(), Compression.ZSTD);
  private final byte[] nar = sample.bytes(sample.narName(), 0);

  private final byte[] text = RepackFixture.nar(1, 2, 3).nar();
  private final Sample grouped = Sample.of("grouped", text, Compression.ZSTD);

  /** Evicts everything, and deletes its chunks and blobs, as if all graces were over. */
  private void evictAll(Node node) throws IOException {
    node.chores().writeUses();
    pass(Duration.ofMinutes(1));
    eviction(node, policy(0, Keep.NOTHING)).check();
    assertFalse(node.isStored(sample));
    assertFalse(node.isStored(grouped));
    node.chores().collect();
    assertEquals(List.of(), node.blobFiles());
  }

  private int fetches() {
    return upstream.requests().count("GET", sample.narTarget());
  }

  private Node openWithSample() throws IOException {
    Node node = open(CdcMode.EAGER);
    sample.publish(upstream);
    fetchEach(node, List.of(sample));
    return node;
  }

  /** Opens a node with a NAR whose chunks were compressed again in groups. */
  private Node openWithGroups() throws IOException {
    Node node = open(CdcMode.EAGER);
    grouped.publish(upstream);
    fetchEach(node, List.of(grouped));
    node.chores().repack(RepackFixture.LEVEL);
    return node;
  }

  private static NarSource find(Node node, Sample wanted) throws IOException {
    return node.nars().find(wanted.narName()).orElseThrow();
  }

  /** Opens a source, and reads its begin. */
  private static InputStream begun(NarSource source) throws IOException {
    InputStream in = source.open(0);
    in.readNBytes(BEGIN);
    return in;
  }

  private byte[] rest() {
    return Arrays.copyOfRange(nar, BEGIN, nar.length);
  }

  @Test
  void aReaderGoesOnWithTheNarFetchedAgain() throws Exception {
    Node node = openWithSample();
    try (NarSource source = find(node, sample);
        InputStream in = begun(source)) {
      evictAll(node);

      assertArrayEquals(rest(), in.readAllBytes());
      assertEquals(2, fetches());
    }
    node.awaitIdle();
    fetch(node, sample);
    assertEquals(2, fetches());
  }

  @Test
  void aReaderGoesOnWithTheNarThatAnotherClientFetchedAgain() throws Exception {
    Node node = openWithSample();
    try (NarSource source = find(node, sample);
        InputStream in = begun(source)) {
      evictAll(node);
      fetch(node, sample);

      assertArrayEquals(rest(), in.readAllBytes());
      assertEquals(2, fetches());
    }
    assertTrue(node.isStored(sample), "it doesn't count as damaged");
  }

  @Test
  void aReaderThatHasOnlyJustFoundTheNarGetsItToo() throws Exception {
    Node node = openWithSample();
    Sample small = Sample.of("small", NarTree.random(2, 9_000).nar(), Compression.ZSTD);
    small.publish(upstream);
    fetchEach(node, List.of(small));
    try (NarSource source = find(node, sample);
        NarSource inMemory = find(node, small)) {
      evictAll(node);

      assertArrayEquals(nar, readAll(source));
      assertArrayEquals(small.bytes(small.narName(), 0), readAll(inMemory));
    }
  }

  private static byte[] readAll(NarSource source) throws IOException {
    try (InputStream in = source.open(0)) {
      return in.readAllBytes();
    }
  }

  @Test
  void theEndOfARangeWaitsUntilWhatIsFetchedAgainIsVerified() throws Exception {
    Node node = openWithSample();
    try (NarSource source = find(node, sample);
        InputStream in = begun(source)) {
      evictAll(node);
      Gate gate = new Gate();
      upstream.fail(sample.narTarget(), Fault.stallAfter(LONG * 3L / 4, gate), 1);

      while (fetches() == 1) {
        in.readNBytes(BEGIN); // what it had read before it went on
      }
      assertFalse(source.isComplete());
      assertThrows(IOException.class, () -> source.awaitComplete(EvictedReaderTest::leave));

      gate.open();
      source.awaitComplete(() -> {});
    }
  }

  private static void leave() throws IOException {
    throw new IOException("the client has left");
  }

  @Test
  void aStreamThatCannotGoOnDoesNotEnd() throws Exception {
    Node node = openWithSample();
    try (NarSource source = find(node, sample);
        InputStream in = begun(source)) {
      evictAll(node);
      upstream.goDown();

      assertThrows(IOException.class, in::readAllBytes);
      assertThrows(IOException.class, in::read);
    }
  }

  @Test
  void aReaderOfTheContentCodingGoesOnToo() throws Exception {
    Node node = openWithSample();
    try (NarSource source = find(node, sample)) {
      NarSource coded = source.coded().orElseThrow();
      byte[] sent;
      try (InputStream in = coded.open(0)) {
        byte[] begin = in.readNBytes(BEGIN);
        evictAll(node);
        fetch(node, sample);
        sent = joined(begin, in);
      }

      assertEquals(coded.length().orElseThrow(), sent.length);
      assertArrayEquals(nar, decode(sent));
      assertEquals(2, fetches());
    }
  }

  @Test
  void aReaderOfGroupsOfChunksGoesOnToo() throws Exception {
    Node node = openWithGroups();
    try (NarSource source = find(node, grouped)) {
      NarSource coded = source.coded().orElseThrow();
      assertTrue(coded.length().isEmpty(), "groups are sent as they are stored");
      byte[] sent;
      try (InputStream in = coded.open(0)) {
        byte[] begin = in.readNBytes(BEGIN);
        evictAll(node);
        sent = joined(begin, in);
      }

      assertArrayEquals(text, decode(sent));
      assertEquals(2, upstream.requests().count("GET", grouped.narTarget()));
    }
  }

  @Test
  void aReaderThatHasOnlyJustFoundGroupsOfChunksGetsThemToo() throws Exception {
    Node node = openWithGroups();
    try (NarSource source = find(node, grouped)) {
      NarSource coded = source.coded().orElseThrow();
      evictAll(node);

      assertArrayEquals(text, decode(readAll(coded)));
    }
  }

  private static byte[] joined(byte[] begin, InputStream rest) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(begin);
    rest.transferTo(all);
    return all.toByteArray();
  }

  private static byte[] decode(byte[] zstd) throws IOException {
    try (InputStream decoded = Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(zstd))) {
      return decoded.readAllBytes();
    }
  }

  @Test
  void aFollowerOfAFlightGoesOnToo() throws Exception {
    Node node = open(CdcMode.EAGER);
    sample.publish(upstream);
    node.narInfo(sample);
    Gate gate = new Gate();
    upstream.fail(sample.narTarget(), Fault.stallAfter(LONG * 3L / 4, gate), 1);
    try (NarSource source = find(node, sample);
        InputStream in = begun(source)) {
      gate.open();
      node.awaitIdle();
      evictAll(node);

      assertArrayEquals(rest(), in.readAllBytes());
      assertEquals(2, fetches());
    }
  }

  @Test
  void whatNoUpstreamHasAnyMoreIsABrokenTransfer() throws Exception {
    Node node = openWithSample();
    try (NarSource source = find(node, sample);
        InputStream in = begun(source)) {
      evictAll(node);
      upstream.goDown();

      assertThrows(IOException.class, in::readAllBytes);
    }
  }
}
