package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.NarTree;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two real servers over PostgreSQL and a bucket work as one. */
@Tag("s3")
class ReplicasIT {
  private static final int BYTES = 12_000_000;
  private static final int START = 3_000_000;

  @TempDir static Path folder = Path.of("replaced");

  @SuppressWarnings("NullAway.Init") // JUnit calls start first
  private static TwoReplicas replicas;

  private final Gate gate = new Gate();
  private Sample sample = sample("replaced", 1);

  @BeforeAll
  static void start() throws Exception {
    replicas = TwoReplicas.start(folder);
  }

  @AfterAll
  static void stop() throws Exception {
    replicas.close();
  }

  private static Sample sample(String name, int bytes) {
    byte[] contents = new byte[bytes];
    new Random(name.hashCode()).nextBytes(contents);
    return Sample.of(name, NarTree.file(contents).nar(), Compression.XZ);
  }

  /** Puts both replicas in this mode, and the first response for a new sample stalls halfway. */
  private void begin(String mode, String name) {
    replicas.switchTo(mode);
    sample = sample(mode + "-" + name, BYTES);
    sample.publish(replicas.upstream());
    replicas.upstream().fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate), 1);
  }

  private static String nar(Sample sample) {
    return "/nar/" + sample.narName().print();
  }

  private static NarInfo narInfo(NarthexServer server, Sample sample) {
    HttpResponse<String> answer = server.fetch(sample.narInfoTarget());
    assertEquals(200, answer.statusCode(), server::log);
    return NarInfo.parse(answer.body());
  }

  private static byte[] readAll(HttpResponse<InputStream> answer) throws IOException {
    try (InputStream body = answer.body()) {
      return body.readAllBytes();
    }
  }

  private void assertStart(InputStream body) throws IOException {
    byte[] expected = Arrays.copyOf(sample.bytes(sample.narName(), 0), START);
    assertArrayEquals(expected, body.readNBytes(START));
  }

  private void assertRest(InputStream body) throws IOException {
    assertArrayEquals(sample.bytes(sample.narName(), START), body.readAllBytes());
  }

  private boolean isStored(NarthexServer server) {
    return server.log().contains(" nar stored hash=" + sample.id().hash().nix32());
  }

  @ParameterizedTest
  @ValueSource(strings = {"off", "lazy", "eager"})
  void aColdNarIsFetchedOnceForReadersOfBoth(String mode) throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    begin(mode, "readers");
    try {
      Compression told = mode.equals("eager") ? Compression.NONE : Compression.XZ;
      assertEquals(told, narInfo(replicas.first(), sample).file().compression());
      assertEquals(told, narInfo(replicas.second(), sample).file().compression());
      try (InputStream held = replicas.get(replicas.first(), nar(sample)).body();
          InputStream followed = replicas.get(replicas.second(), nar(sample)).body()) {
        assertStart(held);
        assertStart(followed);
        assertFalse(isStored(replicas.first()), "the window was never open");
        List<CompletableFuture<byte[]>> others = new ArrayList<>();
        for (int i = 0; i < 14; i++) {
          NarthexServer server = i % 2 == 0 ? replicas.first() : replicas.second();
          others.add(CompletableFuture.supplyAsync(() -> read(server, nar(sample)), threads));
        }
        gate.open();
        assertRest(held);
        assertRest(followed);
        for (CompletableFuture<byte[]> other : others) {
          assertArrayEquals(sample.bytes(sample.narName(), 0), other.join());
        }
      }
      assertEquals(1, replicas.upstream().requests().count("GET", sample.narTarget()));
    } finally {
      threads.shutdownNow();
    }
  }

  private static byte[] read(NarthexServer server, String target) {
    try {
      return readAll(replicas.get(server, target));
    } catch (IOException e) {
      throw new UncheckedIOException(server.log(), e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"off", "eager"})
  void aReaderGoesOnWhenTheOtherReplicaIsKilled(String mode) throws Exception {
    begin(mode, "killed");
    narInfo(replicas.first(), sample);
    narInfo(replicas.second(), sample);
    try (InputStream held = replicas.get(replicas.first(), nar(sample)).body();
        InputStream followed = replicas.get(replicas.second(), nar(sample)).body()) {
      assertStart(held);
      assertStart(followed);
      replicas.first().kill();
      assertRest(followed);
    }
    replicas.restartFirst();
    assertEquals(2, replicas.upstream().requests().count("GET", sample.narTarget()));
  }

  @Test
  void whatIsUploadedToOneIsFoundOnTheOtherAtOnce() throws Exception {
    replicas.switchTo("eager");
    Sample other = sample("uploaded", 2_000_000);
    assertEquals(404, replicas.second().fetch(other.narInfoTarget()).statusCode());
    replicas.put(
        replicas.first(), "/nar/" + other.fileName().print(), other.bytes(other.fileName(), 0));
    assertArrayEquals(other.bytes(other.narName(), 0), read(replicas.second(), nar(other)));
    replicas.put(
        replicas.first(),
        other.narInfoTarget(),
        other.narInfo().print().getBytes(StandardCharsets.UTF_8));
    assertEquals(other.id(), narInfo(replicas.second(), other).nar());
  }

  @Test
  void theTrueFileIsServedWhileTheOtherReplicaChunksIt() throws Exception {
    begin("eager", "true-file");
    narInfo(replicas.first(), sample);
    try (InputStream held = replicas.get(replicas.first(), nar(sample)).body()) {
      assertStart(held);
      String file = "/nar/" + sample.fileName().print();
      assertArrayEquals(sample.bytes(sample.fileName(), 0), read(replicas.second(), file));
      assertFalse(isStored(replicas.first()), "the window was never open");
      gate.open();
      assertRest(held);
    }
    assertTrue(replicas.upstream().requests().count("GET", sample.narTarget()) <= 2);
  }
}
