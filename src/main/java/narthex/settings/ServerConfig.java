package narthex.settings;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.spi.ConfigSource;

/** Reads the MicroProfile Config of an application server that provides one (WildFly). */
final class ServerConfig {

  /**
   * Prefixes of the sources to skip: system properties and environment. {@link SettingsReader}
   * reads both itself, because these sources may list derived names that no administrator wrote.
   */
  private static final List<String> READ_ELSEWHERE = List.of("SysProp", "Env");

  private ServerConfig() {}

  /**
   * Returns the settings in the server's configuration, by name. A source with a higher ordinal
   * overrides the others. Empty if the server provides no MicroProfile Config.
   */
  static Map<String, String> read() {
    if (ConfigProvider.class.getClassLoader() == ServerConfig.class.getClassLoader()) {
      return Map.of(); // the library bundled with Narthex: the server provides none
    }
    Config config = ConfigProvider.getConfig();
    List<ConfigSource> sources = new ArrayList<>();
    config.getConfigSources().forEach(sources::add);
    sources.sort(Comparator.comparingInt(ConfigSource::getOrdinal));
    Map<String, String> settings = new HashMap<>();
    for (ConfigSource source : sources) {
      if (READ_ELSEWHERE.stream().noneMatch(source.getName()::startsWith)) {
        read(source, settings);
      }
    }
    return settings;
  }

  private static void read(ConfigSource source, Map<String, String> settings) {
    for (String name : source.getPropertyNames()) {
      String value = name.startsWith(SettingsReader.PREFIX) ? source.getValue(name) : null;
      if (value != null) {
        settings.put(name, value);
      }
    }
  }
}
