package narthex.bench.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import narthex.testing.PortPair;

/**
 * Debian's nginx with four ports: the upstream of Narthex; the same with a limited rate; the
 * yardstick that serves the same bytes as static files; and the yardstick that is a caching proxy
 * of the upstream.
 */
final class Nginx implements AutoCloseable {
  /** Bytes per second of a response of the slow upstream. */
  static final long SLOW_RATE = 40_000_000;

  private static final int START_ATTEMPTS = 200;
  private static final int START_WAIT_MILLIS = 25;

  private final Program program;
  private final int upstreamPort;
  private final int slowPort;
  private final int staticPort;
  private final int proxyPort;

  private Nginx(Program program, int upstreamPort, int slowPort, int staticPort, int proxyPort) {
    this.program = program;
    this.slowPort = slowPort;
    this.upstreamPort = upstreamPort;
    this.staticPort = staticPort;
    this.proxyPort = proxyPort;
  }

  /** Starts nginx; returns when it listens. */
  static Nginx start(Path folder, Path upstreamFiles, Path staticFiles)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    int upstreamPort = PortPair.find();
    int slowPort = PortPair.find();
    int staticPort = PortPair.find();
    int proxyPort = PortPair.find();
    Path configuration = folder.resolve("nginx.conf");
    String text =
        configuration(folder, workers(), server(upstreamPort, upstreamFiles, ""))
            .replace("SLOW", server(slowPort, upstreamFiles, "limit_rate " + SLOW_RATE + ";"))
            .replace("SECOND", server(staticPort, staticFiles, ""))
            .replace("THIRD", proxy(proxyPort, upstreamPort));
    Files.writeString(configuration, text);
    String binary = System.getProperty("bench.nginx", "/usr/sbin/nginx");
    Program program =
        Program.start(
            List.of(
                binary, "-p", folder.toString(), "-c", configuration.toString(), "-e", "stderr"),
            folder.resolve("nginx.log"));
    awaitPort(staticPort);
    return new Nginx(program, upstreamPort, slowPort, staticPort, proxyPort);
  }

  int upstreamPort() {
    return upstreamPort;
  }

  /** Where the upstream sends each response with {@link #SLOW_RATE} bytes per second. */
  int slowPort() {
    return slowPort;
  }

  int staticPort() {
    return staticPort;
  }

  /** Where a caching proxy of the upstream listens. */
  int proxyPort() {
    return proxyPort;
  }

  Duration processorTime() {
    return program.processorTime();
  }

  @Override
  public void close() {
    program.close();
  }

  private static String workers() {
    return System.getProperty("bench.nginx.workers", "auto");
  }

  /**
   * Debian's configuration without logs: sendfile and tcp_nopush on, unlimited keep-alive requests.
   */
  private static String configuration(Path folder, String workers, String server) {
    return """
    daemon off;
    worker_processes %s;
    pid %2$s/nginx.pid;
    error_log stderr crit;
    events { worker_connections 1024; }
    http {
      access_log off;
      sendfile on;
      tcp_nopush on;
      keepalive_requests 1000000000;
      types { text/x-nix-narinfo narinfo; application/x-nix-nar nar xz; }
      default_type text/plain;
      client_body_temp_path %2$s/body;
      proxy_temp_path %2$s/proxy;
      fastcgi_temp_path %2$s/fastcgi;
      uwsgi_temp_path %2$s/uwsgi;
      scgi_temp_path %2$s/scgi;
      proxy_cache_path %2$s/cache keys_zone=cold:10m max_size=20g use_temp_path=off;
      %3$sSLOWSECONDTHIRD}
    """
        .formatted(workers, folder, server);
  }

  private static String server(int port, Path files, String more) {
    return String.format(
        Locale.ROOT, "server { listen 127.0.0.1:%d; root %s; %s }\n", port, files, more);
  }

  private static String proxy(int port, int upstreamPort) {
    return String.format(
        Locale.ROOT,
        "server { listen 127.0.0.1:%d; location / { proxy_pass http://127.0.0.1:%d;"
            + " proxy_http_version 1.1; proxy_cache cold; proxy_cache_valid 1h; } }\n",
        port,
        upstreamPort);
  }

  private static void awaitPort(int port) throws IOException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return;
      } catch (IOException e) {
        if (attempt == START_ATTEMPTS) {
          throw new IOException("nginx does not listen", e);
        }
        Thread.sleep(START_WAIT_MILLIS);
      }
    }
  }
}
