package narthex.container;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployer;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Undeploying Narthex leaves nothing behind in the running server. */
@InApplicationServer
class UndeploymentIT {

  private static final String NAME = "leak";
  private static final int TIMES = 3;
  private static final String MEETING = "meeting";

  /** A class that every deployment loads. */
  private static final String MARKER = "narthex.wiring.CdiBootstrap";

  /** Idle threads of the server and the JDK keep references for up to a minute. */
  private static final Duration PATIENCE = Duration.ofSeconds(100);

  /** Parts of the names of Narthex's files and native libraries. */
  private static final List<String> OUR_FILES =
      List.of("/it-data/", "libsqlitejdbc", "libzstd", "libbrotli", "/leak/", "leak.war");

  /** The number of WildFly's request threads (server.cli); more than Tomcat's idle threads. */
  private static final int REQUEST_THREADS_AT_FIRST = 32;

  /** Parts of the names of the servers' request threads. */
  private static final List<String> REQUEST_THREADS = List.of("default task-", "-exec-");

  /** Parts of the names of the threads that Narthex and its libraries start. */
  private static final List<String> OUR_THREADS =
      List.of("narthex", "hikari", "failsafe", "idle-connection", "httpclient", "sqlite", "weld");

  /**
   * HTTP/1.1 only: Undertow keeps the last streams of an HTTP/2 connection with their requests, and
   * a broken transfer would end the whole connection.
   */
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @ArquillianResource private Deployer deployer;

  @Deployment(name = NAME, managed = false, testable = false)
  static WebArchive narthex() throws IOException {
    ServerSettings.write("narthex.cdc.mode=eager");
    return BuiltWar.named(NAME + ".war");
  }

  @AfterAll
  static void deleteSettings() throws IOException {
    ServerSettings.delete();
  }

  @Deployment(name = MEETING, managed = false, testable = false)
  static WebArchive meeting() {
    return ShrinkWrap.create(WebArchive.class, MEETING + ".war")
        .addClass(MeetingServlet.class)
        .addAsWebInfResource(
            new StringAsset(
                """
                <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
                  <servlet>
                    <servlet-name>meeting</servlet-name>
                    <servlet-class>%s</servlet-class>
                  </servlet>
                  <servlet-mapping>
                    <servlet-name>meeting</servlet-name>
                    <url-pattern>/*</url-pattern>
                  </servlet-mapping>
                </web-app>
                """
                    .formatted(MeetingServlet.class.getName())),
            "web.xml");
  }

  @Test
  void nothingStaysAfterUndeployment() throws Exception {
    RunningServer server = RunningServer.find();
    deployer.deploy(MEETING);
    try (OnePathUpstream upstream = OnePathUpstream.start()) {
      meet(REQUEST_THREADS_AT_FIRST);
      Left before = leftOnceSettled(server);
      for (int time = 0; time < TIMES; time++) {
        deployer.deploy(NAME);
        assertTrue(server.loadersOf(MARKER) > 0, "the marker class is loaded");
        use(upstream);
        CompletableFuture<Boolean> broken = beginToChunk(upstream);
        deployer.undeploy(NAME);
        assertTrue(broken.get(PATIENCE.toSeconds(), TimeUnit.SECONDS), "half a NAR is none");
      }
      assertNothingStays(server, before);
    } finally {
      deployer.undeploy(MEETING);
    }
  }

  /**
   * What is in the server: class loaders with the marker class, and Narthex's files and threads.
   */
  private record Left(long loaders, List<String> files, List<String> threads) {
    static Left of(RunningServer server) throws IOException {
      return new Left(
          server.loadersOf(MARKER),
          filter(server.files(), OUR_FILES),
          filter(server.threads(), OUR_THREADS));
    }

    /**
     * Files without those of an earlier state. Native libraries are unpacked under new names each
     * time, so the names differ between deployments.
     */
    List<String> filesBeside(Left before) {
      List<String> more = new ArrayList<>(files);
      more.removeAll(before.files());
      return more;
    }

    boolean isNoMoreThan(Left before) {
      return loaders <= before.loaders() && filesBeside(before).isEmpty() && threads.isEmpty();
    }
  }

  /**
   * The state after everything of earlier tests has gone that can go. A request of theirs may have
   * been the first one of a thread, which keeps it (see {@link #meet}).
   */
  private Left leftOnceSettled(RunningServer server) throws IOException {
    Left now = Left.of(server);
    long settled = Long.MAX_VALUE;
    while (now.loaders() > 0 && now.loaders() < settled) {
      settled = now.loaders();
      tidy(server);
      now = Left.of(server);
    }
    return now;
  }

  private void assertNothingStays(RunningServer server, Left before) throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    Left after = Left.of(server);
    while (!after.isNoMoreThan(before) && System.nanoTime() < deadline) {
      tidy(server);
      after = Left.of(server);
    }
    assertEquals(List.of(), after.threads(), "threads that stay");
    assertEquals(List.of(), after.filesBeside(before), "files that stay open");
    assertTrue(after.isNoMoreThan(before), "class loaders: " + before + ", " + after);
  }

  private void tidy(RunningServer server) throws IOException {
    meet(filter(server.threads(), REQUEST_THREADS).size());
    server.collectGarbage();
  }

  /**
   * Gives each of so many request threads a new request, all at the same time. An idle thread of
   * WildFly keeps its last request, and with it the deployment, on its stack. It keeps its first
   * request for ever (EnhancedQueueExecutor.ThreadBody.run), so this must also run before Narthex
   * is deployed, and no more threads may be created later.
   */
  private void meet(int wanted) {
    URI meeting =
        BuiltWar.at("/" + MEETING + "/?wanted=" + wanted + "&meeting=" + UUID.randomUUID());
    HttpRequest request = HttpRequest.newBuilder(meeting).build();
    Stream.generate(() -> http.sendAsync(request, BodyHandlers.discarding()))
        .limit(wanted)
        .toList()
        .forEach(answer -> assertEquals(204, answer.join().statusCode()));
  }

  /** Sends requests that open files, start threads and load native libraries. */
  private void use(OnePathUpstream upstream) throws IOException, InterruptedException {
    assertEquals(200, ask("/healthz", BodyHandlers.ofString()).statusCode());
    assertEquals(200, ask("/readyz", BodyHandlers.ofString()).statusCode());
    assertEquals(200, ask("/nix-cache-info", BodyHandlers.ofString()).statusCode());
    HttpResponse<String> narInfo =
        ask("/" + OnePathUpstream.HASH + ".narinfo", BodyHandlers.ofString());
    assertEquals(200, narInfo.statusCode(), narInfo.body());
    assertEquals(404, ask("/" + "0".repeat(32) + ".narinfo", BodyHandlers.ofString()).statusCode());
    HttpResponse<byte[]> nar = ask(upstream.narPath(), BodyHandlers.ofByteArray());
    assertEquals(200, nar.statusCode());
    assertArrayEquals(upstream.nar(), nar.body());
  }

  /**
   * Requests a NAR of which only half comes, compressed by Brotli and decoded by the native
   * decoder. The result tells whether the transfer broke, or was refused before the first byte.
   */
  private CompletableFuture<Boolean> beginToChunk(OnePathUpstream upstream)
      throws IOException, InterruptedException {
    HttpResponse<String> narInfo =
        ask("/" + OnePathUpstream.SLOW_HASH + ".narinfo", BodyHandlers.ofString());
    assertEquals(200, narInfo.statusCode());
    assertTrue(narInfo.body().contains("Compression: none"), narInfo.body());
    HttpRequest nar =
        HttpRequest.newBuilder(BuiltWar.at("/" + NAME + upstream.slowNarPath())).build();
    CompletableFuture<Boolean> broken =
        http.sendAsync(nar, BodyHandlers.discarding())
            .handle((answer, failure) -> failure != null || answer.statusCode() == 503);
    upstream.awaitHalf();
    return broken;
  }

  private <T> HttpResponse<T> ask(String path, BodyHandler<T> body)
      throws IOException, InterruptedException {
    return http.send(HttpRequest.newBuilder(BuiltWar.at("/" + NAME + path)).build(), body);
  }

  private static List<String> filter(List<String> names, List<String> parts) {
    return names.stream()
        .filter(name -> parts.stream().anyMatch(name.toLowerCase(Locale.ROOT)::contains))
        .toList();
  }
}
