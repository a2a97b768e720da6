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

  /** Evicts everything, and deletes its chunks and blobs, as if all graces were over. */
  private void evictAll(Node node) throws IOException {
    node.chores().writeUses();
    pass(Duration.ofMinutes(1));
    eviction(node, policy(0, Keep.NOTHING)).check();
    assertFalse(node.isStored(sample));
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

  private byte[] rest() {
    return Arrays.copyOfRange(nar, BEGIN, nar.length);
  }

  @Test
  void aReaderGoesOnWithTheNarFetchedAgain() throws Exception {
    Node node = openWithSample();
    try (NarSource source = node.nars().find(sample.narName()).orElseThrow();
        InputStream in = source.open(0)) {
      in.readNBytes(BEGIN);
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
    try (NarSource source = node.nars().find(sample.narName()).orElseThrow();
        InputStream in = source.open(0)) {
      in.readNBytes(BEGIN);
      evictAll(node);
      fetch(node, sample);

      assertArrayEquals(rest(), in.readAllBytes());
      assertEquals(2, fetches());
    }
    assertTrue(node.isStored(sample), "it doesn't count as damaged");
  }

  @Test
  void aReaderOfTheContentCodingGoesOnToo() throws Exception {
    Node node = openWithSample();
    try (NarSource source = node.nars().find(sample.narName()).orElseThrow();
        InputStream in = source.coded().orElseThrow().open(0)) {
      ByteArrayOutputStream coded = new ByteArrayOutputStream();
      coded.write(in.readNBytes(BEGIN));
      evictAll(node);
      in.transferTo(coded);

      InputStream sent = new ByteArrayInputStream(coded.toByteArray());
      try (InputStream decoded = Decoders.decode(Compression.ZSTD, sent)) {
        assertArrayEquals(nar, decoded.readAllBytes());
      }
      assertEquals(2, fetches());
    }
  }

  @Test
  void aFollowerOfAFlightGoesOnToo() throws Exception {
    Node node = open(CdcMode.EAGER);
    sample.publish(upstream);
    node.narInfo(sample);
    Gate gate = new Gate();
    upstream.fail(sample.narTarget(), Fault.stallAfter(LONG * 3L / 4, gate), 1);
    try (NarSource source = node.nars().find(sample.narName()).orElseThrow();
        InputStream in = source.open(0)) {
      in.readNBytes(BEGIN);
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
    try (NarSource source = node.nars().find(sample.narName()).orElseThrow();
        InputStream in = source.open(0)) {
      in.readNBytes(BEGIN);
      evictAll(node);
      upstream.goDown();

      assertThrows(IOException.class, in::readAllBytes);
    }
  }
}
