package narthex.document;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import narthex.document.DocumentUpload.Existing;
import narthex.nix.DocumentName;
import narthex.nix.Realisation;
import narthex.nix.Realisations;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.node.DocumentNode;
import narthex.testing.node.DocumentNode.Options;
import narthex.testing.node.Node;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Documents that come from an upstream when they are asked for. */
@Timeout(60)
class DocumentFetchTest {
  private static final String HASH = "sn5lbjwwmnbv2bq2xh5qhpm3lrn7nrlm";
  private static final DocumentName LOG = DocumentName.parse("log/" + HASH + "-a.drv");
  private static final String LOG_TARGET = "/" + LOG.print();
  private static final byte[] TEXT = "building\n".repeat(20_000).getBytes(UTF_8);
  private static final String LEAF_TARGET = "/" + Realisations.LEAF.print().replace("!", "%21");
  private static final Options TRUSTING = Options.trusting(Realisations.KEY.publicKey());
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);

  @SuppressWarnings("NullAway.Init") // JUnit calls start first
  private DocumentNode node;

  @BeforeEach
  void start() throws IOException {
    node = DocumentNode.open(folder, TRUSTING, upstream);
  }

  @AfterEach
  void stop() throws IOException {
    node.close();
    upstream.close();
  }

  private void assertNothingKept() throws IOException {
    assertEquals(Optional.empty(), node.database().documents().find(LOG));
    assertEquals(List.of(), node.blobFiles());
    assertEquals(List.of(), node.temporaryFiles());
  }

  @Test
  void aDocumentIsFetchedOnceAndKept() throws IOException {
    upstream.put(LOG_TARGET, TEXT);

    assertArrayEquals(TEXT, node.read(LOG).orElseThrow());
    upstream.goDown();
    assertArrayEquals(TEXT, node.read(LOG).orElseThrow());
    assertArrayEquals(TEXT, node.readHere(LOG).orElseThrow());

    assertEquals(1, upstream.requests().count(LOG_TARGET));
    assertEquals(
        upstream.url() + "/", node.database().documents().find(LOG).orElseThrow().upstream());
    assertEquals(1, node.blobFiles().size());
  }

  @Test
  void lookingHereAsksNoUpstream() throws IOException {
    upstream.put(LOG_TARGET, TEXT);

    assertEquals(Optional.empty(), node.readHere(LOG));

    assertEquals(List.of(), upstream.requests().all());
    assertNothingKept();
  }

  @Test
  void concurrentQuestionsAreOneFetch() throws Exception {
    Gate gate = new Gate();
    upstream.put(LOG_TARGET, TEXT).fail(LOG_TARGET, Fault.stallAfter(100, gate));
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Optional<byte[]>>> readers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        readers.add(threads.submit(() -> node.read(LOG)));
      }
      upstream.requests().awaitGets(LOG_TARGET, 1, PATIENCE);
      gate.open();

      for (Future<Optional<byte[]>> reader : readers) {
        assertArrayEquals(TEXT, reader.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).orElseThrow());
      }
    } finally {
      threads.shutdownNow();
    }
    assertEquals(1, upstream.requests().count(LOG_TARGET));
  }

  @Test
  void anAbsenceIsRememberedUntilTheDocumentIsPutHere() throws IOException {
    node.close();
    Options remembering =
        new Options(TRUSTING.trustedKeys(), TRUSTING.ours(), Duration.ofHours(1), TRUSTING.blobs());
    node = DocumentNode.open(folder, remembering, upstream);

    assertEquals(Optional.empty(), node.read(LOG));
    upstream.put(LOG_TARGET, TEXT);
    assertEquals(Optional.empty(), node.read(LOG));
    assertEquals(1, upstream.requests().count(LOG_TARGET));

    node.upload().store(LOG, new ByteArrayInputStream(TEXT), Existing.KEPT);
    assertArrayEquals(TEXT, node.read(LOG).orElseThrow());
  }

  @Test
  void troubleIsNoAbsenceAndIsNotRemembered() throws IOException {
    upstream.put(LOG_TARGET, TEXT).fail(LOG_TARGET, Fault.cutAfter(1000));

    assertThrows(IOException.class, () -> node.read(LOG));
    assertNothingKept();

    upstream.heal();
    assertArrayEquals(TEXT, node.read(LOG).orElseThrow());
  }

  @Test
  void theUpstreamOfBestPriorityThatHasItIsTaken() throws IOException {
    node.close();
    try (FaultyUpstream worse = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40)) {
      node = DocumentNode.open(folder, TRUSTING, worse, upstream);
      worse.put(LOG_TARGET, "worse");
      upstream.put(LOG_TARGET, "better");
      DocumentName other = DocumentName.parse("log/" + HASH + "-b.drv");
      worse.put("/" + other.print(), "only here");

      assertEquals("better", new String(node.read(LOG).orElseThrow(), UTF_8));
      assertEquals("only here", new String(node.read(other).orElseThrow(), UTF_8));
      assertEquals(0, worse.requests().count(LOG_TARGET));
    }
  }

  @Test
  void whatIsPutHereMeanwhileWins() throws Exception {
    Gate gate = new Gate();
    upstream.put(LOG_TARGET, TEXT).fail(LOG_TARGET, Fault.stallAfter(100, gate));
    CompletableFuture<Optional<byte[]>> reader = CompletableFuture.supplyAsync(() -> read(LOG));
    upstream.requests().awaitGets(LOG_TARGET, 1, PATIENCE);

    node.upload().store(LOG, new ByteArrayInputStream("put".getBytes(UTF_8)), Existing.KEPT);
    gate.open();

    assertEquals(
        "put", new String(reader.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).orElseThrow(), UTF_8));
    assertEquals("put", new String(node.readHere(LOG).orElseThrow(), UTF_8));
    assertEquals(1, node.blobFiles().size());
  }

  @Test
  void aTrustedRealisationIsServedWithOurSignatureToo() throws IOException {
    upstream.put(LEAF_TARGET, Realisations.leaf());

    byte[] served = node.read(Realisations.LEAF).orElseThrow();

    Realisation realisation = Realisation.parse(Realisations.LEAF, served);
    assertEquals(2, realisation.signatures().size());
    assertTrue(realisation.isSignedBy(List.of(Realisations.KEY.publicKey())));
    assertTrue(realisation.isSignedBy(List.of(Node.KEY.publicKey())));
    assertArrayEquals(served, node.readHere(Realisations.LEAF).orElseThrow());
  }

  @Test
  void aRealisationThatIsNotTrustedIsAbsentAndNotKept() throws IOException {
    node.close();
    node = DocumentNode.open(folder, Options.trusting(Node.KEY.publicKey()), upstream);
    upstream.put(LEAF_TARGET, Realisations.leaf());

    assertEquals(Optional.empty(), node.read(Realisations.LEAF));

    assertEquals(List.of(), node.blobFiles());
  }

  @Test
  void aListingThatIsNoJsonIsNotKept() throws IOException {
    DocumentName listing = DocumentName.parse(HASH + ".ls");
    upstream.put("/" + listing.print(), "{\"version\":1");

    assertThrows(IOException.class, () -> node.read(listing));

    assertNothingKept();
  }

  private Optional<byte[]> read(DocumentName name) {
    try {
      return node.read(name);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
