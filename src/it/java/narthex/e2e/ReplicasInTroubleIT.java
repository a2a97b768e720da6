package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;
import narthex.ingest.CdcMode;
import narthex.replicas.NarInFlight;
import narthex.replicas.ReplicaServer;
import narthex.replicas.SlowWire;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.Relay;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two real servers whose database is slow, whose bucket fails, or that don't reach each other: all
 * clients get the right bytes.
 */
@Tag("s3")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ReplicasInTroubleIT {
  private static final int BYTES = 6_000_000;
  private static final int START = 1_000_000;

  /** The slowest answers take four times as long. */
  private static final Duration SLOW = Duration.ofMillis(50);

  private static final int ONE_IN = 10;
  private static final int FAILURES = 3;
  private static final int ROUNDS = 10;

  @TempDir static Path folder = Path.of("replaced");

  private static final Deque<AutoCloseable> OPEN = new ArrayDeque<>();

  @SuppressWarnings("NullAway.Init") // JUnit calls start first
  private static SlowWire database;

  @SuppressWarnings("NullAway.Init")
  private static Relay bucket;

  @SuppressWarnings("NullAway.Init")
  private static TwoReplicas replicas;

  @BeforeAll
  static void start() throws Exception {
    TwoReplicas.Proxies proxies =
        new TwoReplicas.Proxies(
            port -> {
              database = SlowWire.to(port);
              OPEN.push(database);
              return database.port();
            },
            url -> {
              bucket = Relay.to(url);
              OPEN.push(bucket);
              return bucket.url();
            });
    replicas = TwoReplicas.start(folder, "eager", proxies);
    OPEN.push(replicas);
  }

  @AfterAll
  static void stop() throws Exception {
    while (!OPEN.isEmpty()) {
      OPEN.pop().close();
    }
  }

  @AfterEach
  void heal() {
    database.delay(Duration.ZERO);
    bucket.failEvery(0);
  }

  private static NarInFlight nar(String name) {
    return new NarInFlight(CdcMode.EAGER, name, first(), second()).inTrouble();
  }

  private static ReplicaServer first() {
    return TwoReplicas.seen(replicas.first());
  }

  private static ReplicaServer second() {
    return TwoReplicas.seen(replicas.second());
  }

  @Test
  void clientsGetTheRightBytesWhileTheDatabaseIsSlow() throws Exception {
    database.delay(SLOW);

    nar("slow-database").download(replicas.upstream());
    nar("slow-database-upload").upload();
  }

  @Test
  void clientsGetTheRightBytesWhileTheBucketFailsOneRequestInTen() throws Exception {
    bucket.failEvery(ONE_IN);

    for (int i = 0; i < ROUNDS && bucket.failures() < FAILURES; i++) {
      nar("failing-bucket-" + i).download(replicas.upstream());
      nar("failing-bucket-upload-" + i).upload();
    }

    assertTrue(bucket.failures() >= FAILURES, "the bucket never failed");
  }

  @Test
  void clientsGetTheRightBytesWhileTheHolderIsFrozenAndAfterwards() throws Exception {
    Sample sample = NarInFlight.sample("frozen", BYTES).publish(replicas.upstream());
    Gate gate = new Gate();
    Fault stall = Fault.stallAfter(sample.fileBytes() / 2, gate);
    replicas.upstream().fail(sample.narTarget(), stall, 1);
    first().narInfo(sample);
    second().narInfo(sample);
    byte[] start = Arrays.copyOf(sample.bytes(sample.narName(), 0), START);
    byte[] rest = sample.bytes(sample.narName(), START);
    String nar = NarInFlight.target(sample.narName());
    try (InputStream held = first().open(nar);
        InputStream followed = second().open(nar)) {
      assertArrayEquals(start, held.readNBytes(START));
      assertArrayEquals(start, followed.readNBytes(START));
      replicas.first().signal("STOP");
      try {
        assertArrayEquals(rest, followed.readAllBytes());
        second().narInfo(sample);
      } finally {
        replicas.first().signal("CONT");
      }
      gate.open();
      assertArrayEquals(rest, held.readAllBytes());
    }
    int gets = replicas.upstream().requests().count("GET", sample.narTarget());
    assertTrue(gets <= 3, () -> "GETs: " + gets); // the frozen one may have to resume
    first().narInfo(sample);
    replicas.awaitMembers(replicas.first(), 2);
    replicas.awaitMembers(replicas.second(), 2);
  }

  @Test
  @Order(Integer.MAX_VALUE) // the replicas stay apart
  void clientsGetTheRightBytesWhileTheReplicasDoNotReachEachOther() throws Exception {
    replicas.restartBoth(Map.of("narthex.cluster.discovery", "static:127.0.0.1:1"));
    replicas.awaitMembers(replicas.first(), 1);
    replicas.awaitMembers(replicas.second(), 1);

    nar("apart").download(replicas.upstream());
    Sample sample = NarInFlight.sample("apart-both", BYTES).publish(replicas.upstream());
    for (ReplicaServer replica : new ReplicaServer[] {first(), second()}) {
      assertEquals(sample.id(), replica.narInfo(sample).nar());
      try (InputStream body = replica.open(NarInFlight.target(sample.narName()))) {
        assertArrayEquals(sample.bytes(sample.narName(), 0), body.readAllBytes());
      }
      // the last byte may come before the row that the other one looks for
      first().await("stored", () -> first().hasStored(sample.id().hash()));
    }
    assertEquals(1, replicas.upstream().requests().count("GET", sample.narTarget()));
  }
}
