package narthex.standalone;

import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import narthex.settings.Settings;
import narthex.settings.SettingsException;
import narthex.standalone.StartupException.Clarity;
import narthex.wiring.RequestThreads;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.loader.WebappLoader;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.RemoteIpValve;
import org.apache.tomcat.util.scan.StandardJarScanner;
import org.jspecify.annotations.Nullable;

/** Tomcat in this process, with Narthex as its only web application. */
final class EmbeddedServer implements AutoCloseable {

  /** How long an end waits for requests that are being answered. */
  static final Duration DRAIN_TIME = Duration.ofSeconds(10);

  /** How long an end may take at all: a supervisor kills after its own delay, often 30 seconds. */
  private static final Duration STOP_TIME = Duration.ofSeconds(20);

  /**
   * How much goes to the kernel at once, and what a connection holds for it outside of the heap:
   * with Tomcat's 8 KiB the many calls cost more than what they copy.
   */
  private static final int WRITE_BYTES = 32 << 10;

  /** Half of Tomcat's, so that what idle connections hold stays below 200 MiB. */
  private static final int MAX_CONNECTIONS = 4096;

  /** Longest head of a request: proxies of organisations add cookies and tokens of many KiB. */
  private static final int MAX_HEAD_BYTES = 64 << 10;

  private static final int ANY_NUMBER = -1;
  private static final int KEEP_ALIVE_MILLIS = 60_000;

  private final Tomcat tomcat;
  private final Settings.Http address;

  private EmbeddedServer(Tomcat tomcat, Settings.Http address) {
    this.tomcat = tomcat;
    this.address = address;
  }

  /**
   * Starts the server and returns when it answers requests.
   *
   * @param folder holds the web application in {@code webapp}; Tomcat's own files go beside it
   * @throws StartupException if the port cannot be opened or the web application does not start
   */
  static EmbeddedServer start(Settings.Http address, Path folder) throws StartupException {
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(folder.resolve("tomcat").toString());
    tomcat.setConnector(connector(address));
    tomcat.setAddDefaultWebXmlToWebapp(false);
    tomcat.getEngine().setParentClassLoader(EmbeddedServer.class.getClassLoader());
    tomcat.getEngine().getPipeline().addValve(reverseProxies());
    plainErrors((StandardHost) tomcat.getHost());
    StandardContext context =
        (StandardContext) tomcat.addWebapp("", folder.resolve("webapp").toString());
    configure(context);
    EmbeddedServer server = new EmbeddedServer(tomcat, address);
    StartupFailures failures = new StartupFailures();
    try {
      tomcat.start();
    } catch (LifecycleException failure) {
      server.close();
      throw explain(address, failure);
    } finally {
      failures.close();
    }
    if (context.getState() != LifecycleState.STARTED) {
      server.close();
      throw explain(address, failures.first());
    }
    return server;
  }

  /** Returns where the server answers. */
  String url() {
    String host = address.address();
    boolean everywhere = host.isEmpty() || host.equals("0.0.0.0") || host.equals("::");
    String name = everywhere ? "localhost" : host.contains(":") ? "[" + host + "]" : host;
    return "http://" + name + ":" + tomcat.getConnector().getLocalPort();
  }

  /**
   * Takes no more requests, waits a bounded time for those under way, and stops the web
   * application.
   */
  @Override
  public void close() {
    Thread stopping = new Thread(this::stop, "narthex-stop");
    stopping.setDaemon(true);
    stopping.start();
    try {
      stopping.join(STOP_TIME.toMillis());
    } catch (InterruptedException hurried) {
      Thread.currentThread().interrupt();
    }
  }

  private void stop() {
    try {
      tomcat.stop();
      tomcat.destroy();
    } catch (LifecycleException failure) {
      System.getLogger(EmbeddedServer.class.getName())
          .log(System.Logger.Level.WARNING, "server not stopped cleanly", failure);
    }
  }

  private static Connector connector(Settings.Http address) {
    Connector connector = new Connector(LenientProtocol.class.getName());
    // Names in NARs are bytes: they are read from the path as it came (FilePath).
    connector.setURIEncoding(StandardCharsets.ISO_8859_1.name());
    connector.setEncodedReverseSolidusHandling("passthrough");
    connector.setProperty("maxHttpRequestHeaderSize", Integer.toString(MAX_HEAD_BYTES));
    connector.setThrowOnFailure(true);
    connector.setPort(address.port());
    connector.setXpoweredBy(false);
    if (!address.address().isEmpty()) {
      connector.setProperty("address", address.address());
    }
    connector.setProperty("maxThreads", Integer.toString(RequestThreads.standalone(address)));
    connector.setProperty("maxKeepAliveRequests", Integer.toString(ANY_NUMBER));
    connector.setProperty("keepAliveTimeout", Integer.toString(KEEP_ALIVE_MILLIS));
    // A client that waits for it may not send its body: that is known when the body is read.
    connector.setProperty("continueResponseTiming", "onRead");
    connector.setProperty("useSendfile", "true");
    connector.setProperty("maxConnections", Integer.toString(MAX_CONNECTIONS));
    connector.setProperty("socket.appWriteBufSize", Integer.toString(WRITE_BYTES));
    connector.setProperty("socket.directBuffer", "true");
    connector.setProperty("compression", "off");
    if (RequestThreads.areVirtual()) {
      connector.setProperty("useVirtualThreads", "true");
    }
    return connector;
  }

  /**
   * Scheme, host and port as the client of a reverse proxy sees them; believed only from proxies on
   * loopback or private addresses, Tomcat's own rule.
   */
  private static RemoteIpValve reverseProxies() {
    RemoteIpValve valve = new RemoteIpValve();
    valve.setProtocolHeader("X-Forwarded-Proto");
    valve.setHostHeader("X-Forwarded-Host");
    valve.setPortHeader("X-Forwarded-Port");
    return valve;
  }

  private static void plainErrors(StandardHost host) {
    host.setErrorReportValveClass(OneLineErrors.class.getName()); // else Tomcat adds its own
    host.getPipeline().addValve(new OneLineErrors());
  }

  private static void configure(StandardContext context) {
    WebappLoader loader = new WebappLoader();
    loader.setDelegate(true); // every class exists once: in the launcher's loader
    context.setLoader(loader);
    context.setParentClassLoader(EmbeddedServer.class.getClassLoader());
    context.setContainerSciFilter(".*"); // as <absolute-ordering/> does for libraries inside a WAR
    context.setUnloadDelay(DRAIN_TIME.toMillis());
    StandardJarScanner scanner = new StandardJarScanner();
    scanner.setScanClassPath(false);
    scanner.setScanManifest(false);
    context.setJarScanner(scanner);
    // The virtual machine ends with the web application: nothing can leak.
    context.setClearReferencesRmiTargets(false);
    context.setClearReferencesThreadLocals(false);
    Wrapper files = Tomcat.addServlet(context, "default", new DefaultServlet());
    files.setOverridable(true);
    files.addInitParameter("listings", "false");
    context.addServletMappingDecoded("/", "default");
    context.addWelcomeFile("index.html");
    Tomcat.addDefaultMimeTypeMappings(context);
  }

  private static StartupException explain(Settings.Http address, @Nullable Throwable failure) {
    Throwable root = failure;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      root = cause;
      if (cause instanceof BindException) {
        String reason =
            String.format(
                Locale.ROOT,
                "cannot listen on address=%s port=%d: %s",
                address.address(),
                address.port(),
                cause.getMessage());
        return new StartupException(reason, failure, Clarity.CLEAR);
      }
      if (cause instanceof SettingsException) {
        return new StartupException(String.valueOf(cause.getMessage()), failure, Clarity.CLEAR);
      }
    }
    String reason = root == null ? "the web application did not start" : root.toString();
    return new StartupException(reason, failure, Clarity.UNEXPECTED);
  }
}
