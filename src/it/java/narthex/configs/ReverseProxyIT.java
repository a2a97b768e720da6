package narthex.configs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import narthex.nix.Compression;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.OtherJvm;
import narthex.testing.PortPair;
import narthex.testing.node.Sample;
import narthex.wiring.StoppedStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Narthex on the embedded Tomcat behind Debian's reverse proxies with the files of server-configs.
 */
class ReverseProxyIT {
  @TempDir private static Path folder;

  private static final Sample SAMPLE = Sample.of(1, Compression.XZ);

  private static FaultyUpstream upstream;
  private static ServerProgram narthex;
  private static int port;
  private static long samples = 100;

  @BeforeAll
  static void startNarthex() throws Exception {
    upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
    SAMPLE.publish(upstream);
    port = PortPair.find();
    narthex =
        ServerProgram.start(
            folder,
            List.of(
                OtherJvm.java(),
                "-Dnarthex.http.port=" + port,
                "-Dnarthex.upstreams=" + upstream.url(),
                "-Dnarthex.upstream.allow-unsigned=true",
                "-Dnarthex.upload.enabled=true",
                "-Dnarthex.data-dir=" + data(),
                "-jar",
                Delivered.war().toString()));
    narthex.awaitLine("narthex ready url=");
  }

  @AfterAll
  static void stopNarthex() throws IOException {
    upstream.close();
    if (narthex != null) {
      narthex.close();
      StoppedStore.assertSound(data());
    }
  }

  private static Path data() {
    return folder.resolve("narthex-data");
  }

  @Test
  void nginxPassesEverythingThrough() throws Exception {
    int free = PortPair.find();
    write(
        "narthex.conf",
        Delivered.config("nginx/narthex.conf")
            .replace("127.0.0.1:8080", "127.0.0.1:" + port)
            .replace("listen 80;", "listen " + free + ";")
            .replace("listen [::]:80;", ""));
    Path whole =
        write(
            "nginx.conf",
            "user root;\npid %1$s/nginx.pid;\nevents {}\nhttp { access_log off; include %1$s/narthex.conf; }\n"
                .replace("%1$s", folder.toString()));
    assertPasses(free, "nginx", "-c", whole.toString(), "-e", "stderr", "-g", "daemon off;");
  }

  @Test
  void apachePassesEverythingThrough() throws Exception {
    int free = PortPair.find();
    StringBuilder whole = new StringBuilder("ServerName test\nErrorLog /dev/stderr\n");
    whole
        .append("PidFile ")
        .append(folder)
        .append("/apache.pid\nListen ")
        .append(free)
        .append('\n');
    // The modules that the head of the file names, and those that every httpd has.
    for (String module :
        List.of("mpm_event", "authz_core", "proxy", "proxy_http", "headers", "env")) {
      whole.append("LoadModule ").append(module).append("_module /usr/lib/apache2/modules/mod_");
      whole.append(module).append(".so\n");
    }
    whole.append(
        Delivered.config("apache/narthex.conf")
            .replace("127.0.0.1:8080", "127.0.0.1:" + port)
            .replace("*:80", "*:" + free));
    Path file = write("apache.conf", whole.toString());
    assertPasses(free, "apache2", "-f", file.toString(), "-DFOREGROUND");
  }

  @Test
  void haproxyPassesEverythingThrough() throws Exception {
    int free = PortPair.find();
    Path file =
        write(
            "haproxy.cfg",
            Delivered.config("haproxy/narthex.cfg")
                .replace("127.0.0.1:8080", "127.0.0.1:" + port)
                .replace("bind :80\n", "bind :" + free + "\n"));
    assertPasses(free, "haproxy", "-db", "-f", file.toString());
  }

  @Test
  void systemdAcceptsTheUnit() throws Exception {
    // systemd-analyze requires that the unit's program exists.
    String unit =
        Delivered.config("systemd/narthex.service").replace("/usr/bin/java", OtherJvm.java());
    Path file = write("narthex.service", unit);

    String said =
        ServerProgram.run(
            folder, List.of("systemd-analyze", "verify", "--man=no", file.toString()));

    assertTrue(!said.contains("narthex.service:"), said);
  }

  private static void assertPasses(int free, String... command) throws Exception {
    String url = "http://localhost:" + free;
    try (ServerProgram proxy = ServerProgram.start(folder, List.of(command))) {
      proxy.awaitAnswer(200, url + "/nix-cache-info");

      assertTrue(ServerProgram.get(url + "/").body().contains(url), "the page tells its own URL");
      String name = SAMPLE.narInfo().storePath().hash().text();
      assertEquals(200, ServerProgram.get(url + "/" + name + ".narinfo").statusCode());
      String target = url + "/" + SAMPLE.narInfo().file().url();
      assertArrayEquals(file(0), bytes(target, "0-", 206));
      assertArrayEquals(file(100), bytes(target, "100-", 206));
      assertEquals(404, ServerProgram.get(url + "/" + "0".repeat(32) + ".narinfo").statusCode());
      assertEquals(
          SAMPLE.fileBytes(),
          ServerProgram.send("HEAD", target)
              .headers()
              .firstValueAsLong("Content-Length")
              .orElse(0));
      assertEquals(404, ServerProgram.get(url + "/serve/" + name + "/a%20b").statusCode());
      assertTakesAnUpload(url);
      assertBreaks(url, Fault.flipByte(SAMPLE.fileBytes() * 3L / 4), Known.LENGTH);
      assertBreaks(
          url, Fault.flipByte(SAMPLE.fileBytes() * 3L / 4).and(Fault.chunked()), Known.NAME);
    }
  }

  /** What a client knows about a NAR when it requests the file. */
  private enum Known {
    LENGTH,
    NAME
  }

  private static void assertTakesAnUpload(String url) throws Exception {
    Sample fresh = Sample.of(++samples, Compression.XZ);
    assertEquals(
        2,
        put(url + "/upload" + fresh.narTarget(), fresh.bytes(fresh.fileName(), 0)).statusCode()
            / 100);
    byte[] narInfo = fresh.narInfo().print().getBytes(StandardCharsets.UTF_8);
    assertEquals(2, put(url + "/upload" + fresh.narInfoTarget(), narInfo).statusCode() / 100);

    assertArrayEquals(fresh.bytes(fresh.fileName(), 0), bytes(url + fresh.narTarget(), "0-", 206));
  }

  /** A NAR that fails half-way never looks complete to the client. */
  private static void assertBreaks(String url, Fault fault, Known known) throws Exception {
    Sample broken = Sample.of(++samples, Compression.XZ).publish(upstream);
    Gate gate = new Gate();
    Fault half = Fault.stallAfter(broken.fileBytes() / 2, gate);
    upstream.fail(broken.narTarget(), fault.and(half));
    if (known == Known.LENGTH) {
      assertEquals(200, ServerProgram.get(url + broken.narInfoTarget()).statusCode());
    }
    HttpRequest request = HttpRequest.newBuilder(URI.create(url + broken.narTarget())).build();
    HttpResponse<InputStream> answer =
        HttpClient.newHttpClient().send(request, BodyHandlers.ofInputStream());

    try (InputStream body = answer.body()) {
      assertEquals(200, answer.statusCode());
      assertTrue(body.read() >= 0, "the first byte comes");
      gate.open();
      assertThrows(IOException.class, body::readAllBytes);
    } finally {
      gate.open();
    }
  }

  private static HttpResponse<String> put(String url, byte[] body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .PUT(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
  }

  private static byte[] file(long from) {
    return SAMPLE.bytes(SAMPLE.fileName(), from);
  }

  private static byte[] bytes(String url, String range, int status) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url)).header("Range", "bytes=" + range).build();
    HttpResponse<byte[]> answer =
        HttpClient.newHttpClient().send(request, BodyHandlers.ofByteArray());
    assertEquals(status, answer.statusCode());
    return answer.body();
  }

  private static Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }
}
