package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import narthex.blob.BlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.settings.ContextSources;
import narthex.settings.Settings;
import narthex.settings.SettingsSources;
import narthex.staging.InFlightRegistry;
import narthex.staging.StagedFlight;
import narthex.testing.PortPair;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Replicas that start at the same moment, and find each other in the database. The system property
 * {@code it.cluster.starts} says how often they start; 30 is a thorough test.
 */
class ClusterStartIT {
  private static final int REPLICAS = 3;
  private static final int STARTS = Integer.getInteger("it.cluster.starts", 10);
  private static final int DEADLINE_SECONDS = 60;

  @TempDir Path folder;
  private EmbeddedPostgres server;
  private BlobStore blobs;
  private Database database;
  private final List<ExecutorService> threads = new ArrayList<>();

  @BeforeEach
  void open() throws IOException {
    server = EmbeddedPostgres.builder().start();
    database =
        Database.open(
            new DatabaseAddress(
                "jdbc:postgresql://localhost:" + server.getPort() + "/postgres",
                "postgres",
                "postgres",
                null));
    blobs = DirectoryBlobStore.open(folder.resolve("blobs"));
  }

  @AfterEach
  void close() throws IOException {
    threads.forEach(ThreadPools::stop);
    blobs.close();
    database.close();
    server.close();
  }

  @Test
  void replicasThatStartAtTheSameMomentFormOneCluster() throws Exception {
    for (int i = 0; i < STARTS; i++) {
      List<InFlightRegistry> replicas = joinAtOnce();
      try {
        for (InFlightRegistry replica : replicas) {
          await(replica, "", () -> replica.members().size() == REPLICAS);
        }
        Set<String> members = replicas.get(0).members();
        for (InFlightRegistry replica : replicas) {
          assertEquals(members, replica.members());
        }
        String flight = "nar-" + i;
        StagedFlight first = replicas.get(0).claim(flight);
        for (InFlightRegistry replica : replicas) {
          await(replica, flight, () -> replica.find(flight).equals(Optional.of(first)));
          assertEquals(first, replica == replicas.get(0) ? first : replica.claim(flight));
        }
      } finally {
        replicas.forEach(InFlightRegistry::close);
      }
    }
  }

  private List<InFlightRegistry> joinAtOnce() throws Exception {
    CyclicBarrier start = new CyclicBarrier(REPLICAS);
    ExecutorService starters = Executors.newFixedThreadPool(REPLICAS);
    threads.add(starters);
    List<Future<InFlightRegistry>> joining = new ArrayList<>();
    for (int i = 0; i < REPLICAS; i++) {
      Settings settings = settings("replica" + i);
      ExecutorService calls = ThreadPools.clustering("calls");
      ScheduledExecutorService timer = ThreadPools.timer("events");
      threads.add(calls);
      threads.add(timer);
      joining.add(
          starters.submit(
              () -> {
                start.await(DEADLINE_SECONDS, TimeUnit.SECONDS);
                return ClusterAssembly.join(settings, database, blobs, calls, timer);
              }));
    }
    List<InFlightRegistry> joined = new ArrayList<>();
    for (Future<InFlightRegistry> each : joining) {
      joined.add(each.get(DEADLINE_SECONDS, TimeUnit.SECONDS));
    }
    return joined;
  }

  private static void await(InFlightRegistry replica, String flight, BooleanSupplier condition)
      throws InterruptedException {
    Semaphore changes = new Semaphore(1);
    try (var watch = replica.watch(flight, changes::release)) {
      do {
        assertTrue(
            changes.tryAcquire(DEADLINE_SECONDS, TimeUnit.SECONDS),
            () -> "members " + replica.members());
      } while (!condition.getAsBoolean());
    }
  }

  private Settings settings(String host) {
    Map<String, String> properties = new HashMap<>();
    properties.put("narthex.cluster.enabled", "true");
    properties.put("narthex.cluster.bind-address", "127.0.0.1");
    properties.put("narthex.cluster.port", Integer.toString(PortPair.find()));
    properties.put("narthex.database.url", "jdbc:postgresql:shared");
    properties.put("narthex.blob.url", folder.toString());
    properties.put("narthex.data-dir", folder.resolve(host).toString());
    return Settings.read(
        new SettingsSources(properties, Map.of(), folder, folder, host, ContextSources.ROOT));
  }
}
