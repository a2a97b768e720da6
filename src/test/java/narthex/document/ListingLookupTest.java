package narthex.document;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import narthex.blob.BlobStore;
import narthex.blob.PassingBlobStore;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.DocumentName;
import narthex.serve.NarSource;
import narthex.serve.PartSource;
import narthex.stream.DecoderShare.Watch;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.node.DocumentNode;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ListingLookupTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Watch NOBODY_LEAVES = () -> {};

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);

  @AfterEach
  void close() {
    upstream.close();
  }

  private static ListingLookup listings(Node node, DocumentNode documents) {
    return new ListingLookup(
        documents.lookup(), new ListingIngest(documents.ingest()), node.nars());
  }

  private DocumentNode documents() throws IOException {
    return DocumentNode.open(
        folder.resolve("documents"), DocumentNode.Options.trusting(), upstream);
  }

  /** Finds nothing, once, after a while: the blob is lost. */
  private static final class SlowToMiss extends PassingBlobStore {
    final AtomicBoolean armed = new AtomicBoolean();
    final CountDownLatch asked = new CountDownLatch(1);
    final CountDownLatch answer = new CountDownLatch(1);

    SlowToMiss(BlobStore store) {
      super(store);
    }

    @Override
    public OptionalLong find(String key) throws IOException {
      if (armed.getAndSet(false)) {
        asked.countDown();
        try {
          assertTrue(answer.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        } catch (InterruptedException e) {
          throw new InterruptedIOException();
        }
        return OptionalLong.empty();
      }
      return super.find(key);
    }
  }

  @Test
  void thatANarIsNotHereIsNoAnswerForOneWhoWouldFetchIt() throws Exception {
    Sample sample = Sample.of(120, Compression.XZ).publish(upstream);
    CompletableFuture<SlowToMiss> slow = new CompletableFuture<>();
    Node.Options options =
        Node.Options.usual()
            .withBlobs(
                store -> {
                  slow.complete(new SlowToMiss(store));
                  return slow.join();
                });
    try (Node node = Node.open(folder, options, upstream);
        DocumentNode documents = documents()) {
      node.narInfo(sample);
      assertEquals(Outcome.RIGHT, Reading.start(node, sample, sample.fileName(), 0).outcome());
      node.awaitIdle();
      ListingLookup listings = listings(node, documents);
      slow.join().armed.set(true);
      CompletableFuture<Optional<OpenDocument>> here =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return listings.findHere(sample.id(), NOBODY_LEAVES);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      assertTrue(slow.join().asked.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));

      Optional<OpenDocument> anywhere = listings.find(sample.id(), sample.narName(), NOBODY_LEAVES);

      assertTrue(anywhere.isPresent());
      anywhere.get().close();
      slow.join().answer.countDown();
      Optional<OpenDocument> known = here.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertTrue(known.isEmpty());
    }
  }

  @Test
  void aListingMadeInFlightLeavesNoDeletedFileOpen() throws Exception {
    Sample sample = Sample.of(121, Compression.ZSTD).publish(upstream);
    Gate gate = new Gate();
    upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() - 1L, gate));
    try (Node node = Node.open(folder, Node.Options.usual().in(CdcMode.EAGER), upstream);
        DocumentNode documents = documents()) {
      node.narInfo(sample);
      ListingLookup listings = listings(node, documents);
      NarSource abandoned = node.nars().find(sample.narName()).orElseThrow();
      CompletableFuture<Boolean> made =
          CompletableFuture.supplyAsync(
              () -> {
                try (OpenDocument listing =
                    listings.find(sample.id(), sample.narName(), NOBODY_LEAVES).orElseThrow()) {
                  return listing.sizeBytes() > 0;
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      gate.awaitArrivals(1, PATIENCE);
      gate.open();
      assertTrue(made.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
      abandoned.close();
      node.awaitIdle();

      assertEquals(List.of(), openDeletedFiles());
    }
  }

  @Test
  void noListingIsMadeForAClientThatHasLeft() throws Exception {
    Sample sample = Sample.of(122, Compression.XZ).publish(upstream);
    IOException gone = new IOException("client gone");
    try (Node node = Node.open(folder, Node.Options.usual(), upstream);
        DocumentNode documents = documents()) {
      node.narInfo(sample);
      assertEquals(Outcome.RIGHT, Reading.start(node, sample, sample.fileName(), 0).outcome());
      node.awaitIdle();
      ListingLookup listings = listings(node, documents);
      Watch leaving =
          () -> {
            throw gone;
          };

      assertSame(
          gone, assertThrows(IOException.class, () -> listings.findHere(sample.id(), leaving)));

      assertTrue(documents.lookup().findHere(DocumentName.listing(sample.id().hash())).isEmpty());
      listings.findHere(sample.id(), NOBODY_LEAVES).orElseThrow().close();
    }
  }

  @ParameterizedTest
  @EnumSource(CdcMode.class)
  void aFileInANarInFlightIsNotAwaitedForAClientThatHasLeft(CdcMode mode) throws Exception {
    Sample sample = Sample.of(123, Compression.GZIP).publish(upstream);
    Gate gate = new Gate();
    upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate));
    IOException gone = new IOException("client gone");
    try (Node node = Node.open(folder, Node.Options.usual().in(mode), upstream)) {
      node.narInfo(sample);
      try (NarSource nar = node.nars().find(sample.narName()).orElseThrow();
          NarSource file = new PartSource(nar, sample.id().sizeBytes() - 100, 50, "tag")) {
        Watch leaving =
            () -> {
              throw gone;
            };

        IOException thrown =
            assertThrows(
                IOException.class,
                () -> {
                  try (InputStream in = file.open(0, leaving)) {
                    in.read();
                  }
                });

        assertSame(gone, thrown);
      }
      gate.open();
    }
  }

  /** Linux tells which files a process has open, and that they are deleted. */
  private List<String> openDeletedFiles() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.map(ListingLookupTest::target)
          .filter(file -> file.startsWith(folder.toString()) && file.endsWith(" (deleted)"))
          .toList();
    }
  }

  private static String target(Path open) {
    try {
      return Files.readSymbolicLink(open).toString();
    } catch (IOException closedMeanwhile) {
      return "";
    }
  }
}
