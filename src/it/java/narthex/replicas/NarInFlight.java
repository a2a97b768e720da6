package narthex.replicas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarTree;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.function.Executable;

/**
 * A NAR that comes into one replica, the holder, and stalls halfway, while clients read it from
 * both. All of them must get the right bytes, and begin to get them before the NAR is stored.
 */
public final class NarInFlight {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int NAR_BYTES = 6_000_000;

  /** What the first readers of both replicas get before the other half comes. */
  private static final int START = 1_000_000;

  /** Beside the first reader of each replica. */
  private static final int OTHER_READERS = 14;

  private final CdcMode mode;
  private final ReplicaServer holder;
  private final ReplicaServer follower;
  private final Sample sample;
  private final Gate gate = new Gate();

  /** Not while a file is uploaded that no narinfo names; ranges of the NAR aren't served then. */
  private boolean isSizeKnown;

  private int toleratedGets;

  /**
   * @param mode the mode of both replicas
   * @param name names the NAR, which both must not know
   */
  public NarInFlight(CdcMode mode, String name, ReplicaServer holder, ReplicaServer follower) {
    this.mode = mode;
    this.holder = holder;
    this.follower = follower;
    this.sample = sample(mode + "-" + name, NAR_BYTES);
  }

  /** Lets the replicas fetch the NAR once more, as they may in trouble. */
  public NarInFlight inTrouble() {
    toleratedGets = 1;
    return this;
  }

  /** A store path with so many random bytes, always the same for a name. */
  public static Sample sample(String name, int bytes) {
    byte[] contents = new byte[bytes];
    new Random(name.hashCode()).nextBytes(contents);
    return Sample.of(name, NarTree.file(contents).nar(), Compression.XZ);
  }

  /** The target of a file or of the plain NAR. */
  public static String target(NarFileName name) {
    return "/nar/" + name.print();
  }

  /** The holder fetches the NAR from the upstream, in one GET. */
  public void download(FaultyUpstream upstream) throws Exception {
    explained(() -> bringByDownload(upstream));
  }

  /** A client uploads the file of the NAR to the holder, and then the narinfo. */
  public void upload() throws Exception {
    explained(this::bringByUpload);
  }

  /** Brings the NAR in; a failure says what both replicas logged about it. */
  private void explained(Executable test) throws Exception {
    try {
      test.execute();
    } catch (Throwable e) { // also of assertions
      List<String> words =
          List.of(
              "WARN",
              "ERROR",
              "SEVERE",
              "cluster",
              sample.fileName().stem(),
              sample.id().hash().nix32(),
              sample.narInfo().storePath().print());
      throw new AssertionError(
          e.getMessage()
              + "\nholder:\n"
              + holder.lines(words)
              + "\nfollower:\n"
              + follower.lines(words),
          e);
    }
  }

  private void bringByDownload(FaultyUpstream upstream) throws Exception {
    isSizeKnown = true;
    sample.publish(upstream);
    upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate), 1);
    assertTold();
    int gets = mode == CdcMode.EAGER ? 2 : 1;
    ExecutorService threads = Executors.newCachedThreadPool();
    try (InputStream held = holder.open(target(sample.narName()))) {
      gate.awaitArrivals(1, PATIENCE);
      try (InputStream followed = follower.open(target(sample.narName()))) {
        assertStart(sample.narName(), held);
        assertStart(sample.narName(), followed);
        assertTold();
        if (mode == CdcMode.EAGER) { // the true file isn't stored, but passed through
          read(follower, sample.fileName());
        }
        List<CompletableFuture<?>> others = others(threads);
        if (mode != CdcMode.EAGER) {
          others.add(CompletableFuture.runAsync(() -> read(follower, sample.fileName()), threads));
        }
        assertFalse(holder.hasStored(sample.id().hash()), "the window was never open");
        gate.open();
        assertRest(sample.narName(), held);
        assertRest(sample.narName(), followed);
        others.forEach(CompletableFuture::join);
      }
    } finally {
      gate.open();
      threads.shutdownNow();
    }
    holder.await("stored", this::isStored);
    assertAfterwards();
    int all = upstream.requests().count("GET", sample.narTarget());
    assertTrue(all >= gets && all <= gets + toleratedGets, () -> "GETs: " + all);
    assertTrue(toleratedGets > 0 || !follower.hasStored(sample.id().hash()));
  }

  /** By the holder; in trouble, the follower may have been first. */
  private boolean isStored() {
    Sha256 hash = sample.id().hash();
    return holder.hasStored(hash) || (toleratedGets > 0 && follower.hasStored(hash));
  }

  private void bringByUpload() throws Exception {
    byte[] file = sample.bytes(sample.fileName(), 0);
    int half = file.length / 2;
    ExecutorService threads = Executors.newCachedThreadPool();
    try (PipedOutputStream out = new PipedOutputStream()) {
      InputStream body = new PipedInputStream(out, file.length);
      CompletableFuture<?> upload =
          CompletableFuture.runAsync(() -> put(body, file.length), threads);
      out.write(file, 0, half);
      out.flush();
      try (InputStream held = awaitOpen(holder);
          InputStream followed = awaitOpen(follower)) {
        assertStart(sample.narName(), held);
        assertStart(sample.narName(), followed);
        List<CompletableFuture<?>> others = others(threads);
        if (mode != CdcMode.EAGER) {
          others.add(CompletableFuture.runAsync(() -> read(follower, sample.fileName()), threads));
        }
        assertFalse(upload.isDone(), "the window was never open");
        out.write(file, half, file.length - half);
        out.close();
        assertRest(sample.narName(), held);
        assertRest(sample.narName(), followed);
        others.forEach(CompletableFuture::join);
      }
      upload.join();
    } finally {
      threads.shutdownNow();
    }
    byte[] narInfo = sample.narInfo().print().getBytes(StandardCharsets.UTF_8);
    holder.upload(sample.narInfoTarget(), BodyPublishers.ofByteArray(narInfo));
    assertAfterwards();
  }

  private void put(InputStream body, int length) {
    try {
      holder.upload(
          target(sample.fileName()),
          BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(() -> body), length));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asks until the replica knows of the upload. */
  private InputStream awaitOpen(ReplicaServer replica) throws IOException {
    List<InputStream> found = new ArrayList<>();
    replica.await(
        "found",
        () -> {
          try {
            HttpResponse<InputStream> answer = replica.get(target(sample.narName()));
            if (answer.statusCode() == 200) {
              found.add(answer.body());
            } else {
              answer.body().close();
            }
            return !found.isEmpty();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    return found.get(0);
  }

  /** More readers, from different offsets, of both replicas in turn. */
  private List<CompletableFuture<?>> others(ExecutorService threads) {
    List<CompletableFuture<?>> others = new ArrayList<>();
    for (int i = 0; i < OTHER_READERS; i++) {
      ReplicaServer replica = i % 2 == 0 ? holder : follower;
      int from = i < OTHER_READERS / 2 ? 0 : i * (sample.narBytes() / OTHER_READERS);
      others.add(CompletableFuture.runAsync(() -> readRange(replica, from), threads));
    }
    return others;
  }

  private void read(ReplicaServer replica, NarFileName name) {
    try (InputStream body = replica.open(target(name))) {
      assertArrayEquals(sample.bytes(name, 0), body.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(replica.output().get(), e);
    }
  }

  private void readRange(ReplicaServer replica, int from) {
    if (from == 0) {
      read(replica, sample.narName());
      return;
    }
    try {
      HttpResponse<InputStream> answer =
          replica.get(target(sample.narName()), "Range", "bytes=" + from + "-");
      try (InputStream body = answer.body()) {
        boolean isPart = answer.statusCode() == 206;
        assertTrue(isPart || !isSizeKnown, replica.output());
        assertArrayEquals(sample.bytes(sample.narName(), isPart ? from : 0), body.readAllBytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(replica.output().get(), e);
    }
  }

  private void assertStart(NarFileName name, InputStream body) throws IOException {
    assertArrayEquals(Arrays.copyOf(sample.bytes(name, 0), START), body.readNBytes(START));
  }

  private void assertRest(NarFileName name, InputStream body) throws IOException {
    assertArrayEquals(sample.bytes(name, START), body.readAllBytes());
  }

  /** The narinfos of both replicas say what both serve while the NAR is in flight. */
  private void assertTold() throws IOException {
    Compression told = mode == CdcMode.EAGER ? Compression.NONE : Compression.XZ;
    assertEquals(told, told(holder));
    assertEquals(told, told(follower));
  }

  private Compression told(ReplicaServer replica) throws IOException {
    return replica.narInfo(sample).file().compression();
  }

  /** Both replicas serve the NAR, and its true file if that is stored; in the end, as chunks. */
  private void assertAfterwards() throws IOException {
    if (mode == CdcMode.OFF) {
      assertTold();
    }
    for (ReplicaServer replica : List.of(follower, holder)) {
      if (mode != CdcMode.EAGER) {
        read(replica, sample.fileName()); // in lazy mode, while it may be cut into chunks
        replica.await("NONE", () -> mode == CdcMode.OFF || isToldNone(replica));
        read(replica, sample.fileName());
      } else {
        assertTrue(isToldNone(replica));
      }
      read(replica, sample.narName());
    }
  }

  private boolean isToldNone(ReplicaServer replica) {
    try {
      return told(replica) == Compression.NONE;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
