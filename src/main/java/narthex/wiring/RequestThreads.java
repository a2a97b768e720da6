package narthex.wiring;

import narthex.settings.Settings;
import narthex.settings.SettingsSources;
import org.jspecify.annotations.Nullable;

/** How many threads of a server answer requests, where no server tells. */
public final class RequestThreads {
  /** Tomcat's own default, and that of the standalone server before virtual threads. */
  private static final int TOMCAT = 200;

  /** The first Java version with virtual threads. */
  private static final int VIRTUAL_THREADS_JAVA = 21;

  /** Virtual threads cost little, but what they work with takes memory. */
  private static final int VIRTUAL = 1024;

  /** WildFly's default for each processor. */
  private static final int WILDFLY_PER_PROCESSOR = 16;

  private RequestThreads() {}

  /** How many the standalone server has. */
  public static int standalone(Settings.Http http) {
    if (http.threads() > 0) {
      return http.threads();
    }
    return areVirtual() ? VIRTUAL : TOMCAT;
  }

  /** Whether the standalone server answers with virtual threads. */
  public static boolean areVirtual() {
    return Runtime.version().feature() >= VIRTUAL_THREADS_JAVA;
  }

  /**
   * How many this server has.
   *
   * @param serverInfo what the server says of itself
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
