package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.replicas.NarInFlight;
import narthex.replicas.ReplicaServer;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Two real servers over PostgreSQL and a bucket work as one, in every CDC mode. */
@Tag("s3")
@ParameterizedClass
@EnumSource(CdcMode.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ReplicasIT {
  private static final int BYTES = 6_000_000;
  private static final int START = 1_000_000;

  @TempDir static Path folder = Path.of("replaced");

  @SuppressWarnings("NullAway.Init") // JUnit calls start first
  private static TwoReplicas replicas;

  @Parameter CdcMode mode = CdcMode.OFF;

  private ReplicaServer first = new ReplicaServer("", () -> "");
  private ReplicaServer second = first;

  @BeforeAll
  static void start() throws Exception {
    replicas = TwoReplicas.start(folder);
  }

  @AfterAll
  static void stop() throws Exception {
    replicas.close();
  }

  @BeforeEach
  void ensureMode() {
    replicas.ensure(mode.name().toLowerCase(Locale.ROOT));
    first = TwoReplicas.seen(replicas.first());
    second = TwoReplicas.seen(replicas.second());
  }

  private Sample sample(String name) {
    return NarInFlight.sample(mode + "-" + name, BYTES);
  }

  private static String nar(Sample sample) {
    return NarInFlight.target(sample.narName());
  }

  @Test
  void aColdNarIsFetchedOnceForReadersOfBoth() throws Exception {
    new NarInFlight(mode, "readers", first, second).download(replicas.upstream());
  }

  @Test
  void anUploadToOneIsReadOnTheOtherWhileItComesIn() throws Exception {
    new NarInFlight(mode, "coming", first, second).upload();
  }

  @Test
  void whatIsUploadedToOneIsFoundOnTheOtherAtOnce() throws Exception {
    Sample sample = NarInFlight.sample(mode + "-uploaded", START);
    assertEquals(404, second.get(sample.narInfoTarget()).statusCode());
    first.upload(
        NarInFlight.target(sample.fileName()),
        BodyPublishers.ofByteArray(sample.bytes(sample.fileName(), 0)));
    try (InputStream body = second.open(nar(sample))) {
      assertArrayEquals(sample.bytes(sample.narName(), 0), body.readAllBytes());
    }
    byte[] narInfo = sample.narInfo().print().getBytes(StandardCharsets.UTF_8);
    first.upload(sample.narInfoTarget(), BodyPublishers.ofByteArray(narInfo));
    assertEquals(sample.id(), second.narInfo(sample).nar());
  }

  @Test
  @Order(Integer.MAX_VALUE) // the next mode needs a restart in any case
  void aReaderGoesOnWhenTheOtherReplicaIsKilled() throws Exception {
    Sample sample = sample("killed").publish(replicas.upstream());
    Gate gate = new Gate();
    Fault stall = Fault.stallAfter(sample.fileBytes() / 2, gate);
    replicas.upstream().fail(sample.narTarget(), stall, 1);
    first.narInfo(sample);
    second.narInfo(sample);
    byte[] start = Arrays.copyOf(sample.bytes(sample.narName(), 0), START);
    try (InputStream held = first.open(nar(sample));
        InputStream followed = second.open(nar(sample))) {
      assertArrayEquals(start, held.readNBytes(START));
      assertArrayEquals(start, followed.readNBytes(START));
      replicas.first().kill();
      assertArrayEquals(sample.bytes(sample.narName(), START), followed.readAllBytes());
    }
    gate.open();
    assertEquals(2, replicas.upstream().requests().count("GET", sample.narTarget()));
    if (mode != CdcMode.OFF) { // in lazy mode, the jobs of the lost replica move to this one
      second.await("told none", () -> told(sample) == Compression.NONE);
    }
  }

  private Compression told(Sample sample) {
    try {
      return second.narInfo(sample).file().compression();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
