package narthex.settings;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * All inputs that settings are read from. Passed as a value, so tests don't depend on the machine.
 * Immutable.
 *
 * @param systemProperties the JVM's system properties
 * @param environment the environment variables
 * @param workingDirectory base of relative paths outside an application server
 * @param systemConfigDirectory the system-wide configuration directory, /etc/narthex
 * @param hostName the name of this machine
 * @param context the sources of this deployment
 */
public record SettingsSources(
    Map<String, String> systemProperties,
    Map<String, String> environment,
    Path workingDirectory,
    Path systemConfigDirectory,
    String hostName,
    ContextSources context) {

  /**
   * System property that the standalone launcher sets to {@code true}. Embedded Tomcat sets {@code
   * catalina.base} too, but to a temporary directory, so relative paths must not start there.
   */
  public static final String STANDALONE = "narthex.standalone";

  private static final String TOMCAT_HOME = "catalina.base";
  private static final String WILDFLY_DATA = "jboss.server.data.dir";
  private static final String WILDFLY_CONFIG = "jboss.server.config.dir";

  /** Copies the maps and makes the directories absolute. */
  public SettingsSources {
    systemProperties = Map.copyOf(systemProperties);
    environment = Map.copyOf(environment);
    workingDirectory = workingDirectory.toAbsolutePath().normalize();
    systemConfigDirectory = systemConfigDirectory.toAbsolutePath().normalize();
  }

  /**
   * Reads the present sources of the running process.
   *
   * @param context the sources of the deployment
   */
  public static SettingsSources ofThisProcess(ContextSources context) {
    Properties properties = System.getProperties();
    Map<String, String> copy = new HashMap<>();
    for (String name : properties.stringPropertyNames()) {
      String value = properties.getProperty(name);
      if (value != null) {
        copy.put(name, value);
      }
    }
    return new SettingsSources(
        copy, System.getenv(), Path.of(""), Path.of("/etc/narthex"), machineName(), context);
  }

  /**
   * Returns the base of relative paths: WildFly's data directory, else Tomcat's base directory,
   * else the working directory.
   */
  Path baseDirectory() {
    Path wildFly = directory(WILDFLY_DATA);
    Path tomcat = directory(TOMCAT_HOME);
    return wildFly != null ? wildFly : tomcat != null ? tomcat : workingDirectory;
  }

  /** Returns Tomcat's base directory, or null in the standalone server and outside Tomcat. */
  @Nullable Path tomcatBase() {
    return directory(TOMCAT_HOME);
  }

  /** Returns WildFly's configuration directory, or null outside WildFly. */
  @Nullable Path wildFlyConfig() {
    return directory(WILDFLY_CONFIG);
  }

  private @Nullable Path directory(String property) {
    String text = systemProperties.get(property);
    boolean standalone = "true".equals(systemProperties.get(STANDALONE));
    return text == null || text.isBlank() || standalone
        ? null
        : workingDirectory.resolve(text).normalize();
  }

  private static String machineName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }
}
