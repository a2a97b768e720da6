package narthex.bench.space;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import narthex.bench.http.Fixtures;
import narthex.bench.http.NarthexServer;
import narthex.bench.http.PlainHttp;
import narthex.testing.FaultyUpstream;

/**
 * A store of several gigabytes, half of it whole files and half of it chunks, gets faults of every
 * kind. Fails if a check doesn't name one of them, if something is wrong after the repair, or if a
 * client gets a wrong byte then. At last the database is lost.
 */
final class Faults {
  private static final long BYTES = Long.getLong("bench.faults.megabytes", 4_000) * 1_000_000;
  private static final int EACH = Integer.getInteger("bench.faults.each", 20);
  private static final int CLIENTS = 4;
  private static final Duration OLD = Duration.ofHours(30);
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final String CHECK = "fsck?deep&restart";
  private static final String REPAIR = CHECK + "&repair";

  private final Path folder;
  private final Path war;
  private final Fixtures fixtures;
  private final WorkingSet set;
  private final HttpClient http = HttpClient.newHttpClient();

  /** One fault: its kind, and what a line about it contains. */
  private record Injected(StoreFault fault, String name) {}

  Faults(Path folder, Path war) throws IOException {
    this.folder = folder;
    this.war = war;
    this.fixtures = new Fixtures(folder.resolve("upstream"));
    this.set = new WorkingSet(fixtures, BYTES);
  }

  void run() throws IOException, InterruptedException, SQLException {
    System.out.printf(
        "%nFaults: %d MB of NARs, %d NARs, %d faults of each kind%n",
        BYTES / 1_000_000, set.size(), EACH);
    try (FaultyUpstream upstream = FaultyUpstream.start()) {
      upstream.putDirectory("/", folder.resolve("upstream"));
      fill(upstream);
      List<Injected> injected = inject();
      List<String> found = checkStopped(upstream);
      try (NarthexServer server = start(upstream, "eager")) {
        List<String> repaired = job(server, REPAIR);
        List<String> after = job(server, CHECK);
        print(injected, found, repaired);
        require(after.size() == 1 && after.get(0).contains("\"wrong\":0"), "wrong: " + after);
        readAll(server, 0, set.size());
        System.out.println("after the repair all bytes of all NARs are right");
      }
      loseDatabase(upstream);
    }
  }

  private Path data() {
    return folder.resolve("narthex").resolve("data");
  }

  private NarthexServer start(FaultyUpstream upstream, String mode) throws IOException {
    int port = URI.create(upstream.url()).getPort();
    List<String> options =
        List.of(
            "-Xmx512m",
            "-Dnarthex.cdc.mode=" + mode,
            "-Dnarthex.scrub.period=off",
            "-Dnarthex.repack.level=off",
            "-Dnarthex.token.admin=" + Jobs.TOKEN);
    return NarthexServer.start(war, folder.resolve("narthex"), options, port, fixtures.publicKey());
  }

  /** Checks the store before the server starts, which sweeps NARs whose narinfo is lost. */
  private List<String> checkStopped(FaultyUpstream upstream)
      throws IOException, InterruptedException {
    int port = URI.create(upstream.url()).getPort();
    List<String> command = List.of("fsck", "--deep", "--restart", "--json");
    return NarthexServer.run(war, folder.resolve("narthex"), port, fixtures.publicKey(), command);
  }

  /** Stores one half whole and the other one in chunks, and marks the store as this database's. */
  private void fill(FaultyUpstream upstream)
      throws IOException, InterruptedException, SQLException {
    int half = set.size() / 2;
    try (NarthexServer server = start(upstream, "off")) {
      readAll(server, 0, half);
      awaitStored(half);
    }
    try (NarthexServer server = start(upstream, "eager")) {
      readAll(server, half, set.size());
      awaitStored(set.size());
      readListings(server);
      List<String> sound = job(server, REPAIR);
      require(sound.size() == 1 && sound.get(0).contains("\"wrong\":0"), "not sound: " + sound);
    }
    upstream.requests().clear();
  }

  private void awaitStored(int nars) throws SQLException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      try (Connection connection =
              DriverManager.getConnection("jdbc:sqlite:" + data().resolve("narthex.db"));
          Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("select count(*) from nar")) {
        if (rows.getInt(1) == nars) {
          return;
        }
      }
      TimeUnit.MILLISECONDS.sleep(200);
    }
    throw new IllegalStateException("not all NARs are stored");
  }

  private void readListings(NarthexServer server) throws IOException {
    try (PlainHttp client = new PlainHttp(server.port())) {
      for (int i = 0; i < Math.min(set.size(), 4 * EACH); i++) {
        client.get(set.get(i).narInfoPath().replace(".narinfo", ".ls"), (bytes, count) -> {});
      }
    }
  }

  private List<Injected> inject() throws IOException, SQLException {
    List<Injected> injected = new ArrayList<>();
    try (DamagedStore store = new DamagedStore(data())) {
      for (StoreFault fault : StoreFault.values()) {
        for (int i = 0; i < EACH && store.left(fault.target()) > 0; i++) {
          injected.add(new Injected(fault, store.inject(fault)));
        }
      }
    }
    return injected;
  }

  /** Runs a job to its end. Returns what it told, and its last line. */
  private List<String> job(NarthexServer server, String job)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.port() + "/admin/jobs/" + job))
            .header("Authorization", "Bearer " + Jobs.TOKEN)
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    long start = System.nanoTime();
    Duration before = server.processorTime();
    List<String> lines;
    try (Stream<String> body = http.send(request, BodyHandlers.ofLines()).body()) {
      lines = body.filter(line -> !line.startsWith("{\"step\":")).toList();
    }
    System.out.printf(
        Locale.ROOT,
        "%s: %.1f s, processor time %.1f s, RSS %.0f MB%n  %s%n",
        job,
        RowsBench.seconds(start),
        server.processorTime().minus(before).toMillis() / 1e3,
        server.residentMegabytes(),
        lines.get(lines.size() - 1));
    return lines;
  }

  private static void print(List<Injected> injected, List<String> found, List<String> repaired)
      throws IOException {
    Map<StoreFault, int[]> counts = new EnumMap<>(StoreFault.class);
    List<Injected> missed = new ArrayList<>();
    for (Injected each : injected) {
      int[] count = counts.computeIfAbsent(each.fault(), fault -> new int[4]);
      boolean isFound = found.stream().anyMatch(line -> line.contains(each.name()));
      boolean isRepaired =
          repaired.stream()
              .filter(line -> line.contains(each.name()))
              .anyMatch(line -> line.matches(".*: (mended|marked|dropped)\"}"));
      count[0]++;
      count[1] += isFound ? 1 : 0;
      count[2] += isRepaired ? 1 : 0;
      count[3] += isFound && !isRepaired ? 1 : 0;
      if (!isFound) {
        missed.add(each);
      }
    }
    System.out.printf(
        "%n| fault | injected | found | repaired | only named |%n|---|---|---|---|---|%n");
    counts.forEach(
        (fault, count) ->
            System.out.printf(
                "| %s | %d | %d | %d | %d |%n", fault, count[0], count[1], count[2], count[3]));
    require(missed.isEmpty(), "missed: " + missed);
  }

  private void loseDatabase(FaultyUpstream upstream) throws IOException, InterruptedException {
    try (Stream<Path> files = Files.list(data())) {
      for (Path file :
          files.filter(it -> it.getFileName().toString().startsWith("narthex.db")).toList()) {
        Files.delete(file);
      }
    }
    int blobs = age(data().resolve("blobs").resolve("blobs"));
    try (NarthexServer server = start(upstream, "eager")) {
      List<String> told = job(server, CHECK);
      List<String> refused = job(server, REPAIR);
      String counted = "\"orphan\":" + blobs + ",";
      System.out.printf("| lost database | 1 | 1 | 0 | 1 |%n%d blobs without a row%n", blobs);
      require(told.get(told.size() - 1).contains(counted), "not all are counted: " + told);
      require(refused.get(0).contains("belongs to another database"), "repaired: " + refused);
      readAll(server, 0, set.size());
      System.out.println("without the old database all bytes of all NARs are right");
    }
  }

  /** Makes blobs look old. Returns how many there are without the marks of databases. */
  private static int age(Path blobs) throws IOException {
    FileTime old = FileTime.from(Instant.now().minus(OLD));
    int[] count = {0};
    Files.walkFileTree(
        blobs,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.setLastModifiedTime(file, old);
            count[0] += blobs.relativize(file).startsWith("owner") ? 0 : 1;
            return FileVisitResult.CONTINUE;
          }
        });
    return count[0];
  }

  /** Reads NARs as clients do, and checks every byte. */
  private void readAll(NarthexServer server, int from, int to)
      throws IOException, InterruptedException {
    AtomicInteger next = new AtomicInteger(from);
    List<Thread> threads = new ArrayList<>();
    List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < CLIENTS; i++) {
      Thread thread =
          new Thread(
              () -> {
                try (PlainHttp client = new PlainHttp(server.port())) {
                  for (int at = next.getAndIncrement(); at < to; at = next.getAndIncrement()) {
                    Clients.check(client, set.get(at));
                  }
                } catch (IOException | RuntimeException e) {
                  failures.add(e);
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    if (!failures.isEmpty()) {
      throw new IOException(failures.get(0));
    }
  }

  private static void require(boolean isSo, String otherwise) throws IOException {
    if (!isSo) {
      throw new IOException(otherwise);
    }
  }
}
