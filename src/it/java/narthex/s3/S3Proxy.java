package narthex.s3;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import narthex.testing.FileTrees;
import narthex.testing.OtherJvm;

/**
 * S3Proxy, an S3 server, with its objects in a folder, in a process of its own. Its libraries are
 * on the class path of the tests with the tag {@code s3}. Closing it kills the process.
 */
public final class S3Proxy implements AutoCloseable {
  /** Name of the bucket. */
  public static final String BUCKET = "blobs";

  /** Access key. */
  public static final String ACCESS_KEY = "testing";

  /** Secret key. */
  public static final String SECRET_KEY = "testing-secret";

  private static final Pattern LISTENS =
      Pattern.compile("Started .*ServerConnector.*\\{127\\.0\\.0\\.1:(\\d+)\\}");

  private static final String LOGGING =
      """
      <configuration>
        <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
          <encoder><pattern>%level %logger %msg%n</pattern></encoder>
        </appender>
        <root level="WARN"><appender-ref ref="OUT"/></root>
        <logger name="org.gaul.shaded.org.eclipse.jetty.server.AbstractConnector" level="INFO"/>
      </configuration>
      """;

  private final Process process;
  private final Path bucket;
  private final String url;

  private S3Proxy(Process process, Path bucket, String url) {
    this.process = process;
    this.bucket = bucket;
    this.url = url;
  }

  /** Starts a server with one empty bucket, on a free port of 127.0.0.1. */
  public static S3Proxy start(Path folder) throws IOException {
    Path objects = folder.resolve("s3-objects");
    Path bucket = Files.createDirectories(objects.resolve(BUCKET));
    Path logging = Files.writeString(folder.resolve("s3-logback.xml"), LOGGING);
    Path properties = folder.resolve("s3.properties");
    Files.write(
        properties,
        List.of(
            "s3proxy.endpoint=http://127.0.0.1:0",
            "s3proxy.authorization=aws-v4",
            "s3proxy.identity=" + ACCESS_KEY,
            "s3proxy.credential=" + SECRET_KEY,
            "jclouds.provider=filesystem-nio2",
            "jclouds.filesystem.basedir=" + objects));
    Process process =
        new ProcessBuilder(
                OtherJvm.java(),
                "-Dslf4j.provider=ch.qos.logback.classic.spi.LogbackServiceProvider",
                "-Dlogback.configurationFile=" + logging,
                "-cp",
                System.getProperty("java.class.path"),
                "org.gaul.s3proxy.Main",
                "--properties",
                properties.toString())
            .redirectErrorStream(true)
            .start();
    try {
      return new S3Proxy(process, bucket, "http://127.0.0.1:" + port(process));
    } catch (IOException | RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static String port(Process process) throws IOException {
    StringBuilder output = new StringBuilder();
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      output.append(line).append('\n');
      Matcher matcher = LISTENS.matcher(line);
      if (matcher.find()) {
        Thread rest = new Thread(() -> lines.lines().forEach(System.out::println), "s3proxy");
        rest.setDaemon(true);
        rest.start();
        return matcher.group(1);
      }
    }
    throw new IOException("S3Proxy did not start:\n" + output);
  }

  /** The URL without a slash at the end. */
  public String url() {
    return url;
  }

  /** The names of all objects, sorted. */
  public List<String> names() {
    try {
      return FileTrees.files(bucket).stream()
          .map(file -> bucket.relativize(file).toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
