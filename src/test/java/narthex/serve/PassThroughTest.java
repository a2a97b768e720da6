package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import narthex.blob.BlobStore;
import narthex.db.Form;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.stream.Decoders;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.StoredChunks;
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

/** Requests for a compressed file of a NAR that is stored as chunks only. */
class PassThroughTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final AtomicReference<BlobStore> blobs = new AtomicReference<>();
  private Sample sample = Sample.of(81, Compression.XZ);

  @BeforeEach
  void publish() {
    sample.publish(upstream);
  }

  @AfterEach
  void close() {
    upstream.close();
  }

  /** Returns a node that knows the sample's narinfo and has its NAR as chunks only. */
  private Node openChunked(CdcMode mode) throws IOException {
    Node.Options options =
        Node.Options.usual()
            .in(mode)
            .withBlobs(
                store -> {
                  blobs.set(store);
                  return store;
                });
    Node node = Node.open(folder, options, upstream);
    assertTrue(node.narInfo(sample).isPresent());
    StoredChunks.store(
        node.database(),
        Objects.requireNonNull(blobs.get()),
        StoredChunks.Shape.usual(),
        sample.bytes(sample.narName(), 0));
    return node;
  }

  private Outcome read(Node node, Compression compression) {
    return Reading.start(
            node, sample, compression == Compression.NONE ? sample.narName() : sample.fileName(), 0)
        .outcome();
  }

  private void assertNothingKept(Node node, int blobsBefore) throws IOException {
    node.awaitIdle();
    assertEquals(
        List.of(Form.CHUNKED),
        node.database().findNar(sample.id().hash()).orElseThrow().representations().stream()
            .map(one -> one.form())
            .toList());
    assertEquals(blobsBefore, node.blobFiles().size());
    assertEquals(List.of(), node.temporaryFiles());
  }

  @ParameterizedTest
  @EnumSource(CdcMode.class)
  void theTrueBytesOfTheUpstreamArePassedThroughAndNotStored(CdcMode mode) throws IOException {
    try (Node node = openChunked(mode)) {
      int before = node.blobFiles().size();
      for (int round = 1; round <= 3; round++) {
        assertEquals(Outcome.RIGHT, read(node, Compression.XZ));
        assertEquals(round, upstream.requests().count("GET", sample.narTarget()));
        assertNothingKept(node, before);
      }
      assertEquals(Outcome.RIGHT, read(node, Compression.NONE));
      assertEquals(3, upstream.requests().count("GET", sample.narTarget()));
    }
  }

  @Test
  void aFileThatArrivesBeforeItIsReadIsStillReadToItsEnd() throws IOException {
    sample = Sample.of("small", NarTree.mixed(82, 100).nar(), Compression.XZ).publish(upstream);
    try (Node node = openChunked(CdcMode.EAGER)) {
      for (int round = 0; round < 50; round++) {
        assertEquals(Outcome.RIGHT, read(node, Compression.XZ));
      }
    }
  }

  @Test
  void wrongBytesAreNeverSentAsTheWhole() throws IOException {
    try (Node node = openChunked(CdcMode.EAGER)) {
      int before = node.blobFiles().size();
      upstream.fail(sample.narTarget(), Fault.flipByte(sample.fileBytes() - 30L));

      try (NarSource source = node.nars().find(sample.fileName()).orElseThrow();
          InputStream in = source.open(0)) {
        boolean isMade = source.entityTag().isEmpty();
        if (isMade) { // the fetch failed before the source was opened
          assertArrayEquals(
              sample.bytes(sample.narName(), 0),
              Decoders.decode(Compression.XZ, in).readAllBytes());
        } else {
          assertThrows(IOException.class, in::readAllBytes);
        }
      }

      assertNothingKept(node, before);
    }
  }

  @Test
  void whereNoUpstreamHasTheFileAValidOneIsMadeOfTheChunks() throws IOException {
    try (Node node = openChunked(CdcMode.EAGER)) {
      upstream.remove(sample.narTarget()).remove(sample.narInfoTarget());
      assertMade(node);

      upstream.goDown();
      assertMade(node);
      assertEquals(Outcome.RIGHT, read(node, Compression.NONE));
    }
  }

  /**
   * Asserts that the file is compressed here. Its bytes differ from the upstream's, so it has no
   * entity tag.
   */
  private void assertMade(Node node) throws IOException {
    NarAnswer head = node.nars().probe(sample.fileName()).orElseThrow();
    assertEquals(new NarAnswer(OptionalLong.empty(), ""), head);
    try (NarSource source = node.nars().find(sample.fileName()).orElseThrow();
        InputStream in = source.open(0)) {
      assertEquals(Optional.empty(), source.entityTag());
      assertEquals(Compression.XZ, source.compression());
      assertArrayEquals(
          sample.bytes(sample.narName(), 0), Decoders.decode(Compression.XZ, in).readAllBytes());
    }
  }

  @Test
  void manyWhoAskAtTheSameTimeCostOneFetch() throws IOException {
    Gate gate = new Gate();
    try (Node node = openChunked(CdcMode.EAGER)) {
      upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate));
      List<NarSource> joined = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        joined.add(node.nars().find(sample.fileName()).orElseThrow());
      }
      gate.awaitArrivals(1, PATIENCE);
      gate.open();

      node.awaitIdle(); // the file is discarded, but its followers can still read it
      for (int from = 0; from < joined.size(); from++) {
        try (InputStream in = joined.get(from).open(from)) {
          assertArrayEquals(sample.bytes(sample.fileName(), from), in.readAllBytes());
        }
      }
      assertEquals(1, upstream.requests().count("GET", sample.narTarget()));
    }
  }

  @ParameterizedTest
  @EnumSource(CdcMode.class)
  void aChunkedNarIsAdvertisedAsNoneInEveryMode(CdcMode mode) throws IOException {
    try (Node node = openChunked(mode)) {
      NarFile file = new NarFile("nar/" + sample.narName().print(), Compression.NONE, null, null);

      assertEquals(file, node.narInfo(sample).orElseThrow().file());
    }
  }

  @Test
  void whoPutsFilesIsToldThatAChunkedOneIsHereAndGetsAValidOne() throws IOException {
    try (Node node = openChunked(CdcMode.EAGER)) {
      assertTrue(node.nars().probeHere(sample.fileName()).isPresent());
      try (InputStream in = node.nars().findHere(sample.fileName()).orElseThrow().open(0)) {
        assertArrayEquals(
            sample.bytes(sample.narName(), 0), Decoders.decode(Compression.XZ, in).readAllBytes());
      }
      assertTrue(node.nars().findHere(sample.narName()).isPresent());
      Sample other = Sample.of(83, Compression.XZ);
      assertTrue(node.nars().probeHere(other.fileName()).isEmpty());
    }
  }
}
