package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import narthex.blob.CountingBlobStore;
import narthex.db.GarbageTable;
import narthex.ingest.CdcMode;
import narthex.maintain.Eviction.Keep;
import narthex.maintain.Eviction.Limits;
import narthex.maintain.Eviction.Policy;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.serve.NarSource;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A node with a directory of blobs and an upstream, and a clock that the test sets. */
abstract class EvictionFixture {
  /** Length of each sample, which doesn't compress. */
  static final int NAR_BYTES = 50_000;

  static final Duration SPARE_UPLOADS = Duration.ofDays(7);

  @TempDir Path folder;
  final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  volatile Instant now = Instant.now();
  private final List<Node> opened = new ArrayList<>();
  final AtomicInteger collections = new AtomicInteger();

  @AfterEach
  final void stop() throws IOException {
    for (Node node : opened) {
      node.close();
    }
    upstream.close();
  }

  Node open(CdcMode mode) throws IOException {
    Node node =
        Node.open(
            folder,
            Node.Options.usual()
                .in(mode)
                .withMemory(1 << 20)
                .withClock(() -> now)
                .withBlobs(CountingBlobStore::new),
            upstream);
    opened.add(node);
    return node;
  }

  Node reopen(Node node, CdcMode mode) throws IOException {
    opened.remove(node);
    node.close();
    return open(mode);
  }

  void pass(Duration time) {
    now = now.plus(time);
  }

  /** A policy with a limit of bytes. */
  static Policy policy(long maxBytes, Keep keep) {
    return new Policy(
        new Limits(OptionalLong.of(maxBytes), OptionalLong.empty(), 0.9), SPARE_UPLOADS, keep);
  }

  Eviction eviction(Node node, Policy policy) {
    return node.chores()
        .eviction(policy, () -> Long.MAX_VALUE, Leases.ALONE, () -> collections.incrementAndGet());
  }

  static Sample sample(int seed) {
    return Sample.of("evicted-" + seed, NarTree.random(seed, NAR_BYTES).nar(), Compression.NONE);
  }

  /** Publishes samples at the upstream. */
  List<Sample> samples(int count) {
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      samples.add(sample(i).publish(upstream));
    }
    return samples;
  }

  /** Fetches each of them, a minute after the one before. */
  void fetchEach(Node node, List<Sample> samples) throws IOException {
    for (Sample sample : samples) {
      assertEquals(sample.hash(), node.narInfo(sample).orElseThrow().storePath().hash());
      fetch(node, sample);
      node.chores().writeUses();
      pass(Duration.ofMinutes(1));
    }
  }

  /** Reads the NAR and compares it. Waits until it is stored. */
  static void fetch(Node node, Sample sample) throws IOException {
    NarFileName name = sample.narName();
    try (NarSource source = node.nars().find(name).orElseThrow();
        InputStream bytes = source.open(0)) {
      assertArrayEquals(sample.bytes(name, 0), bytes.readAllBytes());
    }
    node.awaitIdle();
  }

  static void upload(Node node, Sample sample) throws IOException {
    node.narUpload()
        .store(
            sample.fileName(),
            OptionalLong.empty(),
            new ByteArrayInputStream(sample.bytes(sample.fileName(), 0)));
    node.narInfoUpload().store(sample.hash(), sample.narInfo().print());
  }

  /** The numbers of those that are stored. */
  static List<Integer> stored(Node node, List<Sample> samples) throws IOException {
    List<Integer> stored = new ArrayList<>();
    for (int i = 0; i < samples.size(); i++) {
      if (node.isStored(samples.get(i))) {
        stored.add(i);
      }
    }
    return stored;
  }

  /** The bytes in the directory. */
  static long blobBytes(Node node) throws IOException {
    long bytes = 0;
    for (Path file : node.blobFiles()) {
      bytes += Files.size(file);
    }
    return bytes;
  }

  /** Lets the grace of the blobs of evicted NARs pass. */
  void settle(Eviction eviction) {
    pass(GarbageTable.GRACE);
    eviction.check();
  }
}
