package narthex.standalone;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import narthex.settings.Settings;
import narthex.settings.SettingsException;
import narthex.standalone.StartupException.Clarity;
import narthex.wiring.RequestThreads;
import narthex.wiring.ServerLifecycle;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.loader.WebappLoader;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.modeler.Registry;
import org.apache.tomcat.util.scan.StandardJarScanner;
import org.jspecify.annotations.Nullable;

/** An embedded Tomcat with Narthex as its only web application. */
final class EmbeddedServer implements AutoCloseable {

  /** How long a stop waits for running requests. */
  static final Duration DRAIN_TIME = Duration.ofSeconds(10);

  /**
   * Longest time of a stop, after the configured delay; shorter than the 30 seconds after which
   * supervisors often kill.
   */
  private static final Duration STOP_TIME = Duration.ofSeconds(20);

  /**
   * Size of the write buffer of a connection, outside of the heap. With Tomcat's 8 KiB, the system
   * calls cost more time than copying.
   */
  private static final int WRITE_BYTES = 32 << 10;

  /** Size of the read buffer of a connection, outside of the heap; Tomcat's default. */
  private static final int READ_BYTES = 8 << 10;

  /** Longest request headers: proxies of organisations add cookies and tokens of many KiB. */
  private static final int MAX_HEAD_BYTES = 64 << 10;

  /** Buffer for the headers of an answer, on the heap; Tomcat's default. */
  private static final int ANSWER_HEAD_BYTES = 8 << 10;

  /**
   * Memory of a connection from the first byte of a request on, also while the rest of its head
   * doesn't come: Tomcat has a buffer for the longest head then. It is on the heap, and more than
   * the buffers outside.
   */
  static final int CONNECTION_BYTES = READ_BYTES + MAX_HEAD_BYTES + ANSWER_HEAD_BYTES;

  private static final int UNLIMITED = -1;
  private static final int KEEP_ALIVE_MILLIS = 60_000;

  private final Tomcat tomcat;
  private final StandardContext context;
  private final Settings.Http address;

  private EmbeddedServer(Tomcat tomcat, StandardContext context, Settings.Http address) {
    this.tomcat = tomcat;
    this.context = context;
    this.address = address;
  }

  /**
   * Starts the server. Returns when it answers requests; the caller closes it.
   *
   * @param webApplication the folder with the web application; nothing writes to it
   * @param folder a folder for files of Tomcat
   * @throws StartupException if the port can't be opened or the web application doesn't start
   */
  static EmbeddedServer start(Settings settings, Path webApplication, Path folder)
      throws StartupException {
    Settings.Http address = settings.http();
    Registry.disableRegistry(); // no MBeans: registering them is slow, and nothing reads them
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(folder.resolve("tomcat").toString());
    tomcat.setConnector(connector(address, ConnectionLimit.of(settings, CONNECTION_BYTES)));
    tomcat.setAddDefaultWebXmlToWebapp(false);
    tomcat.getEngine().setParentClassLoader(EmbeddedServer.class.getClassLoader());
    tomcat.getEngine().getPipeline().addValve(new ReverseProxies());
    plainErrors((StandardHost) tomcat.getHost());
    StandardContext context = (StandardContext) tomcat.addWebapp("", webApplication.toString());
    configure(context);
    EmbeddedServer server = new EmbeddedServer(tomcat, context, address);
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

  /** The URL of the server. */
  String url() {
    String host = address.address();
    boolean everywhere = host.isEmpty() || host.equals("0.0.0.0") || host.equals("::");
    String name = everywhere ? "localhost" : host.contains(":") ? "[" + host + "]" : host;
    return "http://" + name + ":" + tomcat.getConnector().getLocalPort();
  }

  /**
   * Stops the server: makes {@code /readyz} answer 503, goes on for the configured delay, refuses
   * new requests, waits up to {@link #DRAIN_TIME} for running ones, and stops the web application.
   * Returns {@link #STOP_TIME} after the delay at the latest. An interrupt ends the delay.
   */
  @Override
  public void close() {
    announceStop();
    Thread stopping = new Thread(this::stop, "narthex-stop");
    stopping.setDaemon(true);
    stopping.start();
    try {
      stopping.join(STOP_TIME.toMillis());
    } catch (InterruptedException hurried) {
      Thread.currentThread().interrupt();
    }
  }

  private void announceStop() {
    Object announce = context.getServletContext().getAttribute(ServerLifecycle.ANNOUNCE_STOP);
    if (announce instanceof Runnable action) {
      action.run();
      try {
        boolean never = new CountDownLatch(1).await(address.stopDelay().toNanos(), NANOSECONDS);
        assert !never;
      } catch (InterruptedException hurried) {
        System.getLogger(EmbeddedServer.class.getName())
            .log(System.Logger.Level.DEBUG, "stops at once", hurried);
      }
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

  private static Connector connector(Settings.Http address, int connections) {
    Connector connector = new Connector(LenientProtocol.class.getName());
    // File names in NARs are bytes: FilePath decodes them from the raw path.
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
    connector.setProperty("maxKeepAliveRequests", Integer.toString(UNLIMITED));
    connector.setProperty("keepAliveTimeout", Integer.toString(KEEP_ALIVE_MILLIS));
    // Send "100 Continue" only when the body is read: the request may be refused before that.
    connector.setProperty("continueResponseTiming", "onRead");
    connector.setProperty("useSendfile", "true");
    connector.setProperty("maxConnections", Integer.toString(connections));
    connector.setProperty("socket.appReadBufSize", Integer.toString(READ_BYTES));
    connector.setProperty("socket.appWriteBufSize", Integer.toString(WRITE_BYTES));
    connector.setProperty("socket.directBuffer", "true");
    if (address.sendBufferBytes() > 0) {
      connector.setProperty("socket.txBufSize", Integer.toString(address.sendBufferBytes()));
    }
    connector.setProperty("compression", "off");
    if (RequestThreads.areVirtual()) {
      RequestThreads.addCarriers();
      connector.setProperty("useVirtualThreads", "true");
    }
    return connector;
  }

  private static void plainErrors(StandardHost host) {
    host.setErrorReportValveClass(OneLineErrors.class.getName()); // replaces Tomcat's default
    host.getPipeline().addValve(new OneLineErrors());
  }

  private static void configure(StandardContext context) {
    WebappLoader loader = new WebappLoader();
    loader.setDelegate(true); // loads every class once, by the launcher's class loader
    context.setLoader(loader);
    context.setParentClassLoader(EmbeddedServer.class.getClassLoader());
    context.setContainerSciFilter(".*"); // no initializers of libraries, like <absolute-ordering/>
    context.setUnloadDelay(DRAIN_TIME.toMillis());
    StandardJarScanner scanner = new StandardJarScanner();
    scanner.setScanClassPath(false);
    scanner.setScanManifest(false);
    context.setJarScanner(scanner);
    // The JVM ends with the web application, so leaks don't matter.
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
