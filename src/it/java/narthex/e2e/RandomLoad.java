package narthex.e2e;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.testing.NarTree;
import narthex.testing.node.Sample;

/**
 * A server that clients and an administrator use at random until it is killed: they fetch, upload,
 * delete, evict and collect. Knows which uploads were acknowledged and not deleted afterwards.
 */
final class RandomLoad implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int CLIENTS = 4;

  /** What each client uploads and deletes alone, so that it knows what must be there. */
  private static final int UPLOADS = 3;

  private static final int PUBLISHED = 8;
  private static final int FILES = 6;
  private static final int FILE_BYTES = 250_000;

  /** Of these kinds of files, each NAR has some, so that NARs share most of their chunks. */
  private static final int KINDS = 10;

  private static final long EVICTED_BYTES = 3_000_000;
  private static final int MOST_LINES = 6;
  private static final String TOKEN = "admin-0123456789";

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Random random;
  private final List<Sample> published = new ArrayList<>();
  private final List<List<Sample>> uploads = new ArrayList<>();
  private final Set<Sample> acknowledged = ConcurrentHashMap.newKeySet();
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final ChunkingServer scene;
  private volatile boolean isKilled;

  private RandomLoad(long seed) {
    random = new Random(seed);
    for (int i = 0; i < PUBLISHED; i++) {
      published.add(sample("published-" + i, Compression.XZ));
    }
    for (int client = 0; client < CLIENTS; client++) {
      List<Sample> own = new ArrayList<>();
      for (int i = 0; i < UPLOADS; i++) {
        own.add(sample("uploaded-" + client + "-" + i, Compression.ZSTD));
      }
      uploads.add(own);
    }
    scene =
        ChunkingServer.start(
            Map.of(
                "narthex.cdc.mode", "eager",
                "narthex.cdc.delete-delay", "1s",
                "narthex.collect.period", "1s",
                "narthex.delete.enabled", "true",
                "narthex.token.admin", TOKEN));
    published.forEach(sample -> sample.publish(scene.upstream()));
  }

  /** Starts a server in eager mode that stores nothing yet. */
  static RandomLoad start(long seed) {
    return new RandomLoad(seed);
  }

  private Sample sample(String name, Compression compression) {
    Map<String, NarTree> files = new TreeMap<>();
    files.put("own", NarTree.file(name));
    for (int i = 0; i < FILES; i++) {
      files.put("file-" + i, NarTree.random(random.nextInt(KINDS), FILE_BYTES));
    }
    return Sample.of(name, NarTree.directory(files).nar(), compression);
  }

  ChunkingServer scene() {
    return scene;
  }

  /**
   * Uses the server until it has answered so many requests of clients, kills it in the middle of
   * whatever runs then, and checks the data that it left.
   */
  void runAndKill(int answers) throws InterruptedException {
    isKilled = false;
    CountDownLatch wanted = new CountDownLatch(answers);
    List<Thread> threads = new ArrayList<>();
    for (List<Sample> own : uploads) {
      Random choice = new Random(random.nextLong());
      threads.add(thread(() -> use(own, choice, wanted)));
    }
    Random choice = new Random(random.nextLong());
    threads.add(thread(() -> administer(choice)));
    threads.forEach(Thread::start);
    boolean isEnough = wanted.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    isKilled = true;
    scene.server().kill();
    for (Thread thread : threads) {
      thread.join(PATIENCE.toMillis());
    }
    failures.forEach(
        failure -> {
          throw new AssertionError(failure + "\n" + scene.server().log(), failure);
        });
    if (!isEnough) {
      throw new AssertionError("too few answers:\n" + scene.server().log());
    }
    scene.server().assertDataRight();
  }

  private Thread thread(Step step) {
    return new Thread(
        () -> {
          try {
            while (!isKilled) {
              step.run();
            }
          } catch (IOException e) {
            if (!isKilled) {
              failures.add(e);
            }
          } catch (RuntimeException | AssertionError e) {
            failures.add(e);
          }
        });
  }

  private interface Step {
    void run() throws IOException;
  }

  private void use(List<Sample> own, Random choice, CountDownLatch answers) throws IOException {
    Sample mine = own.get(choice.nextInt(own.size()));
    switch (choice.nextInt(8)) {
      case 0, 1 -> upload(mine);
      case 2 -> delete(mine);
      case 3 -> {
        if (acknowledged.contains(mine)) {
          read("/nar/" + mine.narName().print(), mine, mine.narName());
        }
      }
      default -> fetch(published.get(choice.nextInt(published.size())));
    }
    answers.countDown();
  }

  private void fetch(Sample sample) throws IOException {
    String text = new String(get(sample.narInfoTarget()), StandardCharsets.UTF_8);
    String url = NarInfo.parse(text).file().url();
    read("/" + url, sample, NarFileName.parse(url.substring("nar/".length())));
  }

  private void read(String target, Sample sample, NarFileName name) throws IOException {
    byte[] right =
        sample.bytes(
            name.compression() == Compression.NONE ? sample.narName() : sample.fileName(), 0);
    byte[] body = get(target);
    if (!Arrays.equals(right, body)) {
      throw new AssertionError("wrong bytes: " + target);
    }
  }

  private void upload(Sample sample) throws IOException {
    byte[] file = sample.bytes(sample.fileName(), 0);
    put("/upload/nar/" + sample.fileName().print(), file);
    put("/upload" + sample.narInfoTarget(), ChunkingServer.bytes(sample.narInfo()));
    acknowledged.add(sample);
  }

  private void put(String target, byte[] body) throws IOException {
    send(
        request(target).PUT(BodyPublishers.ofByteArray(body)),
        BodyHandlers.ofString(),
        200,
        201,
        204);
  }

  private void delete(Sample sample) throws IOException {
    acknowledged.remove(sample);
    send(request(sample.narInfoTarget()).DELETE(), BodyHandlers.ofString(), 200, 204, 404);
  }

  /** Runs a job, and stops it after some lines by leaving. */
  private void administer(Random choice) throws IOException {
    String job = choice.nextBoolean() ? "collect" : "evict?bytes=" + EVICTED_BYTES;
    HttpResponse<InputStream> answer =
        send(
            request("/admin/jobs/" + job).POST(BodyPublishers.noBody()),
            BodyHandlers.ofInputStream(),
            200,
            409);
    int lines = 1 + choice.nextInt(MOST_LINES);
    try (BufferedReader body =
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
      for (int i = 0; i < lines; i++) {
        if (body.readLine() == null) {
          return;
        }
      }
    }
  }

  private byte[] get(String target) throws IOException {
    return send(request(target), BodyHandlers.ofByteArray(), 200).body();
  }

  private HttpRequest.Builder request(String target) {
    return HttpRequest.newBuilder(URI.create(scene.server().url() + target))
        .header("Authorization", "Bearer " + TOKEN)
        .timeout(PATIENCE);
  }

  private <T> HttpResponse<T> send(
      HttpRequest.Builder request, HttpResponse.BodyHandler<T> body, int... wanted)
      throws IOException {
    try {
      HttpResponse<T> answer = http.send(request.build(), body);
      if (Arrays.stream(wanted).noneMatch(status -> status == answer.statusCode())) {
        throw new AssertionError(answer + " " + answer.body());
      }
      return answer;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /**
   * After a restart: what was acknowledged is there, what the upstream has too, and it is right.
   */
  void assertNothingLost() throws IOException {
    for (Sample sample : acknowledged) {
      get(sample.narInfoTarget());
      read("/nar/" + sample.narName().print(), sample, sample.narName());
    }
    for (Sample sample : published) {
      fetch(sample);
    }
  }

  /** The number of uploads that must be there. */
  int acknowledged() {
    return acknowledged.size();
  }

  @Override
  public void close() {
    scene.close();
  }
}
