package narthex.settings;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.spi.ConfigSource;

/** MicroProfile Config of an application server that has it (WildFly). */
final class ServerConfig {

  /** We read both ourselves: their sources guess at names that nobody wrote. */
  private static final List<String> READ_ELSEWHERE = List.of("SysProp", "Env");

  private ServerConfig() {}

  /** Returns the settings in it; empty where the server has none. */
  static Map<String, String> read() {
    if (ConfigProvider.class.getClassLoader() == ServerConfig.class.getClassLoader()) {
      return Map.of(); // that is our own library
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
