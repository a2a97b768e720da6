package narthex.wiring;

import narthex.settings.Settings;
import narthex.settings.SettingsSources;
import org.jspecify.annotations.Nullable;

/**
 * The number of the server's request threads. The servlet API doesn't give it, so without a setting
 * the server's default is assumed.
 */
public final class RequestThreads {
  /**
   * Tomcat's default for maxThreads. The standalone server has as many if it uses no virtual
   * threads.
   */
  private static final int TOMCAT = 200;

  /**
   * The first Java version whose virtual threads don't keep their carrier while they wait in a
   * synchronized block (JEP 491), as Tomcat's blocking writes do. Before it, some hundred slow
   * readers would stop all others.
   */
  private static final int VIRTUAL_THREADS_JAVA = 24;

  /**
   * Memory of a request that waits for its client, in bytes of heap: Tomcat's buffers (72 KiB for
   * the head alone) and objects, our buffer, and the stack of the virtual thread. Measured with
   * 10,000.
   */
  private static final long REQUEST_BYTES = 192 << 10;

  /** The part of the heap that requests of the standalone server may take together. */
  private static final int PART_OF_HEAP = 4;

  /** Most virtual threads by default. */
  private static final int MOST_VIRTUAL = 1 << 16;

  /** The system property for the number of carriers, and how many there are at least without it. */
  private static final String CARRIERS = "jdk.virtualThreadScheduler.parallelism";

  private static final int FEWEST_CARRIERS = 32;
  private static final int CARRIERS_PER_PROCESSOR = 2;

  /** WildFly's default for task-max-threads, for each processor. */
  private static final int WILDFLY_PER_PROCESSOR = 16;

  private RequestThreads() {}

  /** Returns the number of request threads of the standalone server. */
  public static int standalone(Settings.Http http) {
    if (http.threads() > 0) {
      return http.threads();
    }
    return areVirtual() ? virtual(Runtime.getRuntime().maxMemory()) : TOMCAT;
  }

  /** Returns how many virtual threads a heap of so many bytes is enough for: at least Tomcat's. */
  static int virtual(long heapBytes) {
    long fit = heapBytes / PART_OF_HEAP / REQUEST_BYTES;
    return (int) Math.min(MOST_VIRTUAL, Math.max(TOMCAT, fit));
  }

  /** Returns whether the standalone server uses virtual threads. */
  public static boolean areVirtual() {
    return Runtime.version().feature() >= VIRTUAL_THREADS_JAVA;
  }

  /**
   * Lets virtual threads run on at least 32 platform threads (carriers, JEP 444) and at least two
   * for each processor, unless an option of the JVM says how many. A virtual thread keeps its
   * carrier while it computes. With a carrier for each processor, which is the default, a request
   * for a narinfo waits until one of those that decode NARs waits for its client; with more of
   * them, the operating system lets all run in turn. To be called before the first virtual thread
   * starts.
   */
  public static void addCarriers() {
    if (System.getProperty(CARRIERS) == null) {
      int processors = Runtime.getRuntime().availableProcessors();
      int count = Math.max(FEWEST_CARRIERS, CARRIERS_PER_PROCESSOR * processors);
      System.setProperty(CARRIERS, Integer.toString(count));
    }
  }

  /**
   * Returns the number of request threads of this server.
   *
   * @param serverInfo the servlet context's server info, such as {@code Apache Tomcat/11.0.0}
   */
  static int count(Settings.Http http, @Nullable String serverInfo) {
    if (http.threads() > 0) {
      return http.threads();
    }
    if (Boolean.getBoolean(SettingsSources.STANDALONE)) {
      return standalone(http);
    }
    return String.valueOf(serverInfo).startsWith("Apache Tomcat")
        ? TOMCAT
        : WILDFLY_PER_PROCESSOR * Runtime.getRuntime().availableProcessors();
  }
}
