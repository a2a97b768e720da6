package narthex.settings;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * What the settings are read from. Given in whole, so that a test does not depend on its machine.
 *
 * @param systemProperties the JVM's system properties
 * @param environment the environment variables
 * @param workingDirectory where relative paths start where no server says otherwise
 * @param systemConfigDirectory the folder of the operating system's settings: /etc/narthex
 * @param hostName the name of this machine
 * @param context what there is for this deployment alone
 */
public record SettingsSources(
    Map<String, String> systemProperties,
    Map<String, String> environment,
    Path workingDirectory,
    Path systemConfigDirectory,
    String hostName,
    ContextSources context) {

  /**
   * System property that our own launcher sets to {@code true}: embedded Tomcat sets {@code
   * catalina.base} too, but it is a scratch folder then and nobody's home.
   */
  public static final String STANDALONE = "narthex.standalone";

  private static final String TOMCAT_HOME = "catalina.base";
  private static final String WILDFLY_DATA = "jboss.server.data.dir";
  private static final String WILDFLY_CONFIG = "jboss.server.config.dir";

  /** Copies the maps and makes the folders absolute. */
  public SettingsSources {
    systemProperties = Map.copyOf(systemProperties);
    environment = Map.copyOf(environment);
    workingDirectory = workingDirectory.toAbsolutePath().normalize();
    systemConfigDirectory = systemConfigDirectory.toAbsolutePath().normalize();
  }

  /**
   * Returns the sources of the running process, as they are now.
   *
   * @param context those of the deployment
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
   * Returns the folder where relative paths start: Tomcat's base, WildFly's data folder, or the
   * working directory.
   */
  Path baseDirectory() {
    Path wildFly = directory(WILDFLY_DATA);
    Path tomcat = directory(TOMCAT_HOME);
    return wildFly != null ? wildFly : tomcat != null ? tomcat : workingDirectory;
  }

  /** Returns Tomcat's base folder, or null outside a Tomcat of its own. */
  @Nullable Path tomcatBase() {
    return directory(TOMCAT_HOME);
  }

  /** Returns WildFly's folder of settings, or null outside WildFly. */
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
