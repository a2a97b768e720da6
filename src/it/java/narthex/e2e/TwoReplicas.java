package narthex.e2e;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import narthex.replicas.ReplicaServer;
import narthex.s3.S3Proxy;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.PortPair;
import narthex.wiring.StoppedStore;

/**
 * Two servers that are replicas of one cache: they share a PostgreSQL database, a bucket and an
 * upstream. Closing it stops all of them, and checks what the replicas left.
 */
final class TwoReplicas implements AutoCloseable {
  private static final String DATABASE_URL = "narthex.database.url";
  private static final String BLOB_URL = "narthex.blob.url";

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final NarthexServer first;
  private final NarthexServer second;
  private String mode;

  /** Proxies between the replicas and what they share. */
  record Proxies(IntUnaryOperator database, UnaryOperator<String> bucket) {
    static final Proxies NONE = new Proxies(port -> port, url -> url);
  }

  private TwoReplicas(Path folder, String mode, Proxies proxies) throws Exception {
    this.mode = mode;
    open.push(upstream);
    try {
      EmbeddedPostgres database = EmbeddedPostgres.builder().start();
      open.push(database);
      S3Proxy bucket = S3Proxy.start(folder);
      open.push(bucket);
      Map<String, String> settings = new TreeMap<>();
      settings.put("narthex.upstreams", upstream.url());
      settings.put("narthex.upstream.allow-unsigned", "true");
      settings.put("narthex.upload.enabled", "true");
      settings.put("narthex.delete.enabled", "true");
      int port = proxies.database().applyAsInt(database.getPort());
      settings.put(DATABASE_URL, databaseUrl(port));
      settings.put("narthex.database.user", "postgres");
      settings.put("narthex.database.password", "postgres");
      String endpoint = proxies.bucket().apply(bucket.url());
      settings.put(BLOB_URL, blobUrl(endpoint));
      settings.put("narthex.blob.access-key", S3Proxy.ACCESS_KEY);
      settings.put("narthex.blob.secret-key", S3Proxy.SECRET_KEY);
      settings.put("narthex.cdc.mode", mode);
      Map<String, String> direct = left(folder, settings, database.getPort(), bucket.url());
      open.push(() -> StoppedStore.assertSound(direct));
      settings.put("narthex.cluster.enabled", "true");
      settings.put("narthex.cluster.bind-address", "127.0.0.1");
      settings.put("narthex.cluster.expected-members", "2");
      CompletableFuture<NarthexServer> other =
          CompletableFuture.supplyAsync(() -> start(settings), threads);
      open.push(() -> other.join().close());
      first = start(settings);
      open.push(first);
      second = other.join();
    } catch (Exception | AssertionError e) {
      close();
      throw e;
    }
  }

  private static String databaseUrl(int port) {
    return "jdbc:postgresql://localhost:" + port + "/postgres";
  }

  private static String blobUrl(String endpoint) {
    return "s3://" + S3Proxy.BUCKET + "/x?endpoint=" + endpoint;
  }

  /** The settings for what both replicas leave, without the proxies. */
  private static Map<String, String> left(
      Path folder, Map<String, String> settings, int databasePort, String bucketUrl) {
    Map<String, String> direct = new TreeMap<>(settings);
    direct.put(DATABASE_URL, databaseUrl(databasePort));
    direct.put(BLOB_URL, blobUrl(bucketUrl));
    direct.put("narthex.data-dir", folder.resolve("left").toString());
    return direct;
  }

  /** Starts everything in off mode; returns when the replicas know each other. */
  static TwoReplicas start(Path folder) throws Exception {
    return start(folder, "off");
  }

  /** Starts everything in a CDC mode; returns when the replicas know each other. */
  static TwoReplicas start(Path folder, String mode) throws Exception {
    return start(folder, mode, Proxies.NONE);
  }

  /** Starts everything in a CDC mode with proxies; returns when the replicas know each other. */
  static TwoReplicas start(Path folder, String mode, Proxies proxies) throws Exception {
    TwoReplicas replicas = new TwoReplicas(folder, mode, proxies);
    try {
      replicas.awaitBoth();
      return replicas;
    } catch (RuntimeException | AssertionError e) {
      replicas.close();
      throw e;
    }
  }

  private static NarthexServer start(Map<String, String> settings) {
    Map<String, String> own = new TreeMap<>(settings);
    own.put("narthex.cluster.port", Integer.toString(PortPair.find()));
    return NarthexServer.start(own);
  }

  private void awaitBoth() {
    awaitMembers(first, 2);
    awaitMembers(second, 2);
  }

  /** Both replicas run in this CDC mode: restarts those that don't, and waits for them. */
  void ensure(String wanted) {
    boolean isOther = !mode.equals(wanted);
    restart(
        Stream.of(first, second).filter(server -> isOther || !server.isRunning()),
        Map.of("narthex.cdc.mode", wanted));
    mode = wanted;
    awaitBoth();
  }

  /** Restarts both replicas with other settings; doesn't wait until they know each other. */
  void restartBoth(Map<String, String> settings) {
    restart(Stream.of(first, second), settings);
  }

  private void restart(Stream<NarthexServer> servers, Map<String, String> settings) {
    List<CompletableFuture<Void>> restarts =
        servers
            .map(server -> CompletableFuture.runAsync(() -> restart(server, settings), threads))
            .toList();
    restarts.forEach(CompletableFuture::join);
  }

  private static void restart(NarthexServer server, Map<String, String> settings) {
    if (server.isRunning()) {
      server.stop();
    }
    server.restart(settings);
  }

  /** Starts the first replica again after it was killed. */
  void restartFirst() {
    first.restart();
    awaitBoth();
  }

  /** Restarts the first replica in another CDC mode than the second one has. */
  void restartFirst(String itsMode) {
    restart(first, Map.of("narthex.cdc.mode", itsMode));
    awaitBoth();
  }

  FaultyUpstream upstream() {
    return upstream;
  }

  NarthexServer first() {
    return first;
  }

  NarthexServer second() {
    return second;
  }

  /** The replica as a client sees it. */
  static ReplicaServer seen(NarthexServer server) {
    return new ReplicaServer(server.url(), server::log);
  }

  /** Waits until a replica says that the cluster has so many members. */
  void awaitMembers(NarthexServer server, int members) {
    String wanted = "members=" + members;
    seen(server).await(wanted, () -> server.fetch("/readyz").body().contains(wanted));
  }

  @Override
  public void close() throws Exception {
    threads.shutdown();
    if (!open.isEmpty()) {
      try {
        open.pop().close();
      } finally {
        close();
      }
    }
  }
}
