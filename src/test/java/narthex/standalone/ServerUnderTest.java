package narthex.standalone;

import jakarta.servlet.Filter;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import narthex.settings.ContextSources;
import narthex.settings.Settings;
import narthex.settings.SettingsSources;
import narthex.testing.FileTrees;
import org.jspecify.annotations.Nullable;

/** The web application in an embedded Tomcat of this process, on a free port. */
public final class ServerUnderTest implements AutoCloseable {
  private static final Path WEB_APPLICATION = Path.of("webapp");

  private final EmbeddedServer server;

  private ServerUnderTest(EmbeddedServer server) {
    this.server = server;
  }

  /**
   * Starts the server. The settings are system properties during the start only.
   *
   * @param folder the folder for the web application and its data
   * @param settings the settings by name
   */
  public static ServerUnderTest start(Path folder, Map<String, String> settings)
      throws IOException {
    return start(folder, settings, Duration.ZERO);
  }

  /** Starts a server that says for some time that it is about to stop. */
  public static ServerUnderTest start(Path folder, Map<String, String> settings, Duration stopDelay)
      throws IOException {
    copyWebApplication(folder);
    return startCopy(folder, settings, stopDelay);
  }

  /**
   * Starts a server with one more filter.
   *
   * @param filter runs after all others
   */
  public static ServerUnderTest startWith(
      Class<? extends Filter> filter, Path folder, Map<String, String> settings)
      throws IOException {
    copyWebApplication(folder);
    Path siteMap = folder.resolve("webapp/WEB-INF/web.xml");
    String more =
        "<filter><filter-name>test</filter-name><filter-class>"
            + filter.getName()
            + "</filter-class><async-supported>true</async-supported></filter><filter-mapping>"
            + "<filter-name>test</filter-name><url-pattern>/*</url-pattern></filter-mapping>";
    String routes = "<!-- Routes. -->";
    Files.writeString(siteMap, Files.readString(siteMap).replace(routes, more + routes));
    return startCopy(folder, settings, Duration.ZERO);
  }

  private static void copyWebApplication(Path folder) throws IOException {
    FileTrees.copy(WEB_APPLICATION, folder.resolve("webapp"));
    FileTrees.copy(classes(), folder.resolve("webapp/WEB-INF/classes"));
  }

  private static ServerUnderTest startCopy(
      Path folder, Map<String, String> settings, Duration stopDelay) throws IOException {
    Map<String, String> all = new HashMap<>(settings);
    all.put("narthex.data-dir", folder.resolve("data").toString());
    all.put(SettingsSources.STANDALONE, "true");
    all.put("narthex.http.address", "127.0.0.1");
    all.put("narthex.http.port", "0");
    all.put("narthex.http.stop-delay", stopDelay.toMillis() + "ms");
    Map<String, @Nullable String> before = new HashMap<>();
    all.forEach((name, value) -> before.put(name, System.setProperty(name, value)));
    try {
      Settings read = Settings.read(SettingsSources.ofThisProcess(ContextSources.ROOT));
      return new ServerUnderTest(EmbeddedServer.start(read, folder.resolve("webapp"), folder));
    } catch (StartupException e) {
      throw new IOException(e);
    } finally {
      before.forEach(ServerUnderTest::restore);
    }
  }

  /** The URL without a slash at the end. */
  public String url() {
    return server.url();
  }

  @Override
  public void close() {
    server.close();
  }

  private static void restore(String name, @Nullable String value) {
    if (value == null) {
      System.clearProperty(name);
    } else {
      System.setProperty(name, value);
    }
  }

  private static Path classes() throws IOException {
    try {
      return Path.of(
          EmbeddedServer.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }
}
