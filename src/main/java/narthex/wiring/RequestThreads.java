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
   * Tomcat's default for maxThreads. The standalone server has as many if Java has no virtual
   * threads.
   */
  private static final int TOMCAT = 200;

  /** The first Java version with virtual threads. */
  private static final int VIRTUAL_THREADS_JAVA = 21;

  /**
   * The standalone server's limit with virtual threads. The threads are cheap, but each request
   * needs memory.
   */
  private static final int VIRTUAL = 1024;

  /** WildFly's default for task-max-threads, for each processor. */
  private static final int WILDFLY_PER_PROCESSOR = 16;

  private RequestThreads() {}

  /** Returns the number of request threads of the standalone server. */
  public static int standalone(Settings.Http http) {
    if (http.threads() > 0) {
      return http.threads();
    }
    return areVirtual() ? VIRTUAL : TOMCAT;
  }

  /** Returns whether the standalone server uses virtual threads. */
  public static boolean areVirtual() {
    return Runtime.version().feature() >= VIRTUAL_THREADS_JAVA;
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
