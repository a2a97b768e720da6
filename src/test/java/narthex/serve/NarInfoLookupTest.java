package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.nix.PublicKey;
import narthex.nix.SecretKey;
import narthex.nix.Signature;
import narthex.stream.Decoders;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sources, revalidation and content of served narinfos. */
class NarInfoLookupTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration TWO_HOURS = Duration.ofHours(2);
  private static final Sample XZ = Sample.of(31, Compression.XZ);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final InstantSource clock = now::get;

  @AfterEach
  void close() {
    upstream.close();
  }

  private Node open(FaultyUpstream... upstreams) throws IOException {
    return Node.open(folder, Node.Options.usual().withClock(clock), upstreams);
  }

  private int asked(Sample sample) {
    return upstream.requests().count(sample.narInfoTarget());
  }

  private void pass(Duration time) {
    now.updateAndGet(before -> before.plus(time));
  }

  private static void store(Node node, Sample sample) throws IOException {
    assertEquals(Outcome.RIGHT, Reading.start(node, sample, sample.fileName(), 0).outcome());
    node.awaitIdle();
    assertTrue(node.isStored(sample));
  }

  @Test
  void aFreshNarInfoIsNotAskedForAgain() throws IOException {
    XZ.publish(upstream);
    try (Node node = open(upstream)) {
      Optional<NarInfo> first = node.narInfo(XZ);
      pass(Duration.ofMinutes(59));

      assertEquals(first, node.narInfo(XZ));
      assertEquals(1, asked(XZ));
    }
  }

  @Test
  void anOutdatedNarInfoIsAskedForAgainOnce() throws IOException {
    XZ.publish(upstream);
    try (Node node = open(upstream)) {
      Optional<NarInfo> first = node.narInfo(XZ);
      pass(TWO_HOURS);

      assertEquals(first, node.narInfo(XZ));
      assertEquals(first, node.narInfo(XZ));
      assertEquals(2, asked(XZ));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 429, 500, 503})
  void anOutdatedNarInfoIsServedInTrouble(int status) throws IOException {
    XZ.publish(upstream);
    try (Node node = open(upstream)) {
      Optional<NarInfo> first = node.narInfo(XZ);
      pass(TWO_HOURS);
      upstream.fail(XZ.narInfoTarget(), Fault.status(status));

      assertTrue(first.isPresent());
      assertEquals(first, node.narInfo(XZ));
    }
  }

  @Test
  void anOutdatedNarInfoIsServedWhenTheUpstreamTalksNonsense() throws IOException {
    XZ.publish(upstream);
    try (Node node = open(upstream)) {
      Optional<NarInfo> first = node.narInfo(XZ);
      pass(TWO_HOURS);
      upstream.put(XZ.narInfoTarget(), "<html>sign in</html>");
      assertEquals(first, node.narInfo(XZ));
      upstream.put(XZ.narInfoTarget(), Sample.of(32, Compression.XZ).narInfo().print());
      assertEquals(first, node.narInfo(XZ));
    }
  }

  @Test
  void troubleWithoutARowCannotBeTold() throws IOException {
    XZ.publish(upstream);
    upstream.fail(XZ.narInfoTarget(), Fault.status(500));
    try (Node node = open(upstream)) {
      assertThrows(IOException.class, () -> node.narInfo(XZ));
      upstream.heal();
      assertTrue(node.narInfo(XZ).isPresent());
    }
  }

  @Test
  void aNarInfoWithoutTrustedSignatureIsAMiss() throws IOException {
    upstream.put(XZ.narInfoTarget(), XZ.narInfo().withSignatures(List.of()).print());
    try (Node node = open(upstream)) {
      assertTrue(node.narInfo(XZ).isEmpty());
      SecretKey stranger = SecretKey.generate("upstream-1", new SecureRandom());
      Signature forged = stranger.sign(XZ.narInfo().fingerprint());
      upstream.put(XZ.narInfoTarget(), XZ.narInfo().withSignatures(List.of(forged)).print());
      assertTrue(node.narInfo(XZ).isEmpty());
    }
  }

  @Test
  void aNarInfoThatIsSurelyGoneIsForgottenIfItsNarIsNotStored() throws IOException {
    XZ.publish(upstream);
    try (Node node = open(upstream)) {
      assertTrue(node.narInfo(XZ).isPresent());
      pass(TWO_HOURS);
      upstream.remove(XZ.narInfoTarget()).remove(XZ.narTarget());

      assertTrue(node.narInfo(XZ).isEmpty());
      assertTrue(node.database().findNarInfo(XZ.hash()).isEmpty());
      assertEquals(Outcome.ABSENT, Reading.start(node, XZ, XZ.fileName(), 0).outcome());
    }
  }

  @Test
  void aNarInfoWhoseNarIsStoredIsNeverAskedForAgain() throws IOException {
    XZ.publish(upstream);
    try (Node node = open(upstream)) {
      Optional<NarInfo> first = node.narInfo(XZ);
      store(node, XZ);
      pass(Duration.ofDays(1000));
      upstream.remove(XZ.narInfoTarget()).remove(XZ.narTarget());

      assertEquals(first, node.narInfo(XZ));
      assertEquals(1, asked(XZ));
    }
  }

  @Test
  void whatTheNarInfoDidNotSayIsFilledInFromTheStoredBytes() throws IOException {
    Sample silent =
        XZ.saying(file -> new NarFile(file.url(), file.compression(), null, null))
            .publish(upstream);
    Node.Options remembering = Node.Options.usual().withMemory(1 << 20);
    try (Node node = Node.open(folder, remembering, upstream)) {
      NarFile before = node.narInfo(silent).orElseThrow().file();
      assertEquals(new NarFile(before.url(), Compression.XZ, null, null), before);
      store(node, silent);

      assertEquals(XZ.narInfo().file(), node.narInfo(silent).orElseThrow().file());
    }
  }

  @Test
  void everyKeySignsAndOurOlderSignaturesAreReplaced() throws IOException {
    SecretKey old = SecretKey.generate("ours-1", new SecureRandom());
    SecretKey first = SecretKey.generate("ours-1", new SecureRandom());
    SecretKey second = SecretKey.generate("ours-2", new SecureRandom());
    String fingerprint = XZ.narInfo().fingerprint();
    List<Signature> given = new ArrayList<>(XZ.narInfo().signatures());
    given.add(old.sign(fingerprint));
    upstream.put(XZ.narInfoTarget(), XZ.narInfo().withSignatures(given).print());
    Node.Options options = Node.Options.usual().withKeys(first, second);
    try (Node node = Node.open(folder, options, upstream)) {
      List<Signature> signatures = node.narInfo(XZ).orElseThrow().signatures();

      assertEquals(
          List.of("upstream-1", "ours-1", "ours-2"),
          signatures.stream().map(Signature::keyName).toList());
      List<PublicKey> keys = List.of(Sample.KEY.publicKey(), first.publicKey(), second.publicKey());
      for (int i = 0; i < keys.size(); i++) {
        assertTrue(keys.get(i).verify(fingerprint, signatures.get(i)));
      }
    }
  }

  @Test
  void questionsAtTheSameTimeAreOne() throws IOException {
    Gate gate = new Gate();
    XZ.publish(upstream);
    upstream.fail(XZ.narInfoTarget(), Fault.stallBeforeHeaders(gate));
    Node.Options remembering = Node.Options.usual().withMemory(1 << 20);
    try (Node node = Node.open(folder, remembering, upstream)) {
      List<CompletableFuture<Boolean>> questions = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        questions.add(
            CompletableFuture.supplyAsync(() -> has(node), task -> new Thread(task).start()));
      }
      gate.awaitArrivals(1, PATIENCE);
      gate.open();

      questions.forEach(question -> assertTrue(question.join()));
      assertEquals(1, asked(XZ));
    }
  }

  private static boolean has(Node node) {
    try {
      return node.narInfo(XZ).isPresent();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void aSureMissIsRememberedAndTroubleIsNot() throws IOException {
    Node.Options options = Node.Options.usual().withNegativeTtl(Duration.ofHours(1));
    Sample other = Sample.of(33, Compression.XZ);
    upstream.fail(other.narInfoTarget(), Fault.status(503));
    try (Node node = Node.open(folder, options, upstream)) {
      assertTrue(node.narInfo(XZ).isEmpty());
      XZ.publish(upstream);
      assertTrue(node.narInfo(XZ).isEmpty());
      assertEquals(1, asked(XZ));

      assertThrows(IOException.class, () -> node.narInfo(other));
      upstream.heal();
      other.publish(upstream);
      assertTrue(node.narInfo(other).isPresent());
    }
  }

  @Test
  void prefetchStoresTheNarOfAnAskedNarInfo() throws IOException {
    XZ.publish(upstream);
    try (Node node = Node.open(folder, Node.Options.usual().withPrefetch(), upstream)) {
      assertTrue(node.narInfo(XZ).isPresent());
      node.awaitIdle();

      assertTrue(node.isStored(XZ));
      assertEquals(1, upstream.requests().count("GET", XZ.narTarget()));
    }
  }

  @Test
  void withoutPrefetchOnlyTheNarInfoIsFetched() throws IOException {
    XZ.publish(upstream);
    try (Node node = open(upstream)) {
      assertTrue(node.narInfo(XZ).isPresent());
      node.awaitIdle();

      assertFalse(node.isStored(XZ));
      assertEquals(0, upstream.requests().count(XZ.narTarget()));
    }
  }

  @Test
  void anOldUrlStillServesTheNarWhenTheUpstreamCompressesItOtherwise() throws IOException {
    XZ.publish(upstream);
    Sample zstd = Sample.of(31, Compression.ZSTD);
    assertEquals(XZ.hash(), zstd.hash());
    try (Node node = open(upstream)) {
      assertTrue(node.narInfo(XZ).isPresent());
      upstream.remove(XZ.narTarget());
      zstd.publish(upstream);

      assertEquals(Outcome.RIGHT, Reading.start(node, XZ, XZ.narName(), 0).outcome());
      node.awaitIdle();
      assertEquals(Outcome.RIGHT, Reading.start(node, zstd, zstd.fileName(), 0).outcome());
      try (InputStream made = node.nars().find(XZ.fileName()).orElseThrow().open(0)) {
        assertArrayEquals(
            XZ.bytes(XZ.narName(), 0), Decoders.decode(Compression.XZ, made).readAllBytes());
      }
      assertEquals(zstd.narInfo().file(), fileOf(node, zstd, XZ));
    }
  }

  /** Returns the file of the served narinfo, but with the upstream's URL. */
  private static NarFile fileOf(Node node, Sample sample, Sample first) throws IOException {
    NarFile served = node.narInfo(sample).orElseThrow().file();
    String stem = NarFileName.parse(served.url().substring("nar/".length())).stem();
    assertTrue(List.of(sample.fileName().stem(), first.fileName().stem()).contains(stem));
    return new NarFile(
        sample.narInfo().file().url(), served.compression(), served.hash(), served.sizeBytes());
  }

  @Test
  void aMovedFileIsFoundByAskingForTheNarInfoAgain() throws IOException {
    XZ.publish(upstream);
    try (Node node = open(upstream)) {
      assertTrue(node.narInfo(XZ).isPresent());
      upstream.remove(XZ.narTarget());
      Sample moved =
          XZ.saying(
              file ->
                  new NarFile(
                      "moved/file?token=1", file.compression(), file.hash(), file.sizeBytes()));
      moved.publish(upstream);

      assertTrue(node.nars().probe(XZ.fileName()).isPresent());
      assertEquals(Outcome.RIGHT, Reading.start(node, XZ, XZ.fileName(), 0).outcome());
    }
  }

  @Test
  void anotherUpstreamHelpsWhenTheFirstIsInTrouble() throws IOException {
    try (FaultyUpstream second = NarFixture.publishCacheInfo(FaultyUpstream.start(), 50);
        Node node = open(upstream, second)) {
      XZ.publish(upstream);
      XZ.publish(second);
      assertTrue(node.narInfo(XZ).isPresent());
      upstream.fail(XZ.narTarget(), Fault.status(500));

      assertTrue(node.nars().probe(XZ.fileName()).isPresent());
      assertEquals(Outcome.RIGHT, Reading.start(node, XZ, XZ.fileName(), 0).outcome());
    }
  }

  @Test
  void aNarThatOneUpstreamLacksIsUnknownWhileAnotherIsInTrouble() throws IOException {
    try (FaultyUpstream second = NarFixture.publishCacheInfo(FaultyUpstream.start(), 50);
        Node node = open(upstream, second)) {
      XZ.publish(upstream);
      assertTrue(node.narInfo(XZ).isPresent());
      upstream.remove(XZ.narTarget());
      second.fail(request -> true, Fault.status(500), Integer.MAX_VALUE);

      assertEquals(Outcome.FAILED, Reading.start(node, XZ, XZ.fileName(), 0).outcome());
      assertThrows(IOException.class, () -> node.nars().probe(XZ.fileName()));
      second.heal();
      assertEquals(Outcome.ABSENT, Reading.start(node, XZ, XZ.fileName(), 0).outcome());
      assertTrue(node.nars().probe(XZ.fileName()).isEmpty());
    }
  }

  @Test
  void theSameNarUnderAnotherStorePathHelpsWhenTheFirstIsGone() throws IOException {
    byte[] nar = XZ.bytes(XZ.narName(), 0);
    Sample one = Sample.of("one", nar, Compression.XZ).publish(upstream);
    Sample other = Sample.of("other", nar, Compression.ZSTD).publish(upstream);
    try (Node node = open(upstream)) {
      assertTrue(node.narInfo(other).isPresent());
      pass(Duration.ofSeconds(1));
      assertTrue(node.narInfo(one).isPresent());
      upstream.remove(one.narTarget()).remove(one.narInfoTarget());

      assertEquals(Outcome.RIGHT, Reading.start(node, one, one.narName(), 0).outcome());
    }
  }
}
