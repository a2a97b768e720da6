package narthex.settings;

import io.smallrye.config.ConfigValue;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Finds the text of settings in the sources. What is given for one context wins over what is given
 * for the whole server; of the latter, system properties win over the environment, that over the
 * server's own MicroProfile Config, and that over the file. The configuration is built here and
 * registered nowhere, so that one that belongs to the application server is not changed.
 */
final class SettingsReader {
  /** How the names of all settings begin. */
  static final String PREFIX = "narthex.";

  private static final String FILE_NAME = "narthex.properties";

  private static final int CONTEXT_PARAMETERS_ORDINAL = 600;
  private static final int CONTEXT_FILE_ORDINAL = 500;

  /** These three are ordinals of the MicroProfile Config specification. */
  private static final int SYSTEM_PROPERTIES_ORDINAL = 400;

  private static final int ENVIRONMENT_ORDINAL = 300;
  private static final int SERVER_CONFIG_ORDINAL = 200;
  private static final int FILE_ORDINAL = 100;

  private static final String CONTEXT_PARAMETERS_SOURCE = "context parameter";
  private static final String SYSTEM_PROPERTIES_SOURCE = "system property";
  private static final String SERVER_CONFIG_SOURCE = "MicroProfile Config of the server";

  private final SettingsSources sources;
  private final Map<String, String> ownSystemProperties;
  private final Map<String, String> ownEnvironment;
  private final @Nullable Path file;
  private final Map<String, String> fileEntries;
  private final @Nullable Path contextFile;
  private final Map<String, String> contextFileEntries;
  private final SmallRyeConfig config;

  private SettingsReader(SettingsSources sources) {
    this.sources = sources;
    this.ownSystemProperties = ownSystemProperties(sources.systemProperties());
    this.ownEnvironment = ownEnvironment(sources.environment());
    SmallRyeConfig strong = builder().build();
    this.file = findFile(strong);
    this.fileEntries = file == null ? Map.of() : load(file);
    this.contextFile = findContextFile();
    this.contextFileEntries = contextFile == null ? Map.of() : load(contextFile);
    this.config =
        builder()
            .withSources(
                new PropertiesConfigSource(
                    contextFileEntries, "file " + contextFile, CONTEXT_FILE_ORDINAL))
            .withSources(new PropertiesConfigSource(fileEntries, "file " + file, FILE_ORDINAL))
            .build();
  }

  /**
   * Reads the sources.
   *
   * @throws SettingsException if a name is unknown, or the file is named but missing or unreadable
   */
  static SettingsReader open(SettingsSources sources) {
    SettingsReader reader = new SettingsReader(sources);
    ContextSources context = sources.context();
    UnknownSettings.check("file " + reader.file, reader.fileEntries.keySet());
    UnknownSettings.check("file " + reader.contextFile, reader.contextFileEntries.keySet());
    UnknownSettings.check(CONTEXT_PARAMETERS_SOURCE, context.parameters().keySet());
    UnknownSettings.check(SERVER_CONFIG_SOURCE, context.serverConfig().keySet());
    UnknownSettings.check(SYSTEM_PROPERTIES_SOURCE, reader.ownSystemProperties.keySet());
    UnknownSettings.checkEnvironment(reader.ownEnvironment);
    return reader;
  }

  /** Returns the file for the whole server that was read, or null if there is none. */
  @Nullable Path file() {
    return file;
  }

  /** Returns the names of all settings that are given somewhere, as in the table. */
  List<String> givenNames() {
    List<String> names = new ArrayList<>(fileEntries.keySet());
    names.addAll(contextFileEntries.keySet());
    names.addAll(sources.context().parameters().keySet());
    names.addAll(sources.context().serverConfig().keySet());
    names.addAll(ownSystemProperties.keySet());
    for (String name : ownEnvironment.keySet()) {
      names.add(UnknownSettings.propertyName(name));
    }
    return names;
  }

  /** Returns the text of a setting as written, perhaps empty, or null if nobody wrote it. */
  @Nullable String rawText(Setting<?> setting) {
    ConfigValue value = config.getConfigValue(setting.name());
    return value == null ? null : value.getRawValue();
  }

  /**
   * Returns the text of a setting as written, or null if nobody wrote it, it is empty, or it is the
   * default as the documentation has it: a line of it may be used just so, placeholders and all.
   */
  @Nullable String text(Setting<?> setting) {
    String text = rawText(setting);
    return text == null || text.isBlank() || text.strip().equals(setting.defaultText())
        ? null
        : text;
  }

  /** Returns the value of a setting, or null if nobody wrote it or it is empty. */
  <T> @Nullable T find(Setting<T> setting) {
    String text = text(setting);
    return text == null ? null : parse(setting, text);
  }

  /**
   * Parses a text as the value of a setting.
   *
   * @throws SettingsException if it is malformed
   */
  <T> T parse(Setting<T> setting, String text) {
    try {
      return setting.type().parse(text);
    } catch (IllegalArgumentException e) {
      String shown = setting.type().isSecret() ? "the value (not shown)" : "'" + text + "'";
      throw problem(
          setting,
          shown + " is refused: " + e.getMessage() + "; allowed: " + setting.type().allowed());
    }
  }

  /** Returns the exception that says what is wrong with a setting and where it was written. */
  SettingsException problem(Setting<?> setting, String problem) {
    return new SettingsException(setting.name(), origin(setting), problem);
  }

  /** Returns where a setting was written, or null if it was not. */
  @Nullable String origin(Setting<?> setting) {
    return sourceOf(config, setting);
  }

  private @Nullable String sourceOf(SmallRyeConfig config, Setting<?> setting) {
    ConfigValue value = config.getConfigValue(setting.name());
    if (value == null || value.getRawValue() == null) {
      return null;
    }
    // The names that SmallRye gives its sources are not for people.
    return switch (value.getConfigSourceOrdinal()) {
      case CONTEXT_PARAMETERS_ORDINAL -> CONTEXT_PARAMETERS_SOURCE;
      case CONTEXT_FILE_ORDINAL -> "file " + contextFile;
      case SERVER_CONFIG_ORDINAL -> SERVER_CONFIG_SOURCE;
      case SYSTEM_PROPERTIES_ORDINAL -> SYSTEM_PROPERTIES_SOURCE;
      case ENVIRONMENT_ORDINAL -> "environment " + setting.environmentName();
      default -> "file " + file;
    };
  }

  private SmallRyeConfigBuilder builder() {
    return new SmallRyeConfigBuilder()
        .forClassLoader(SettingsReader.class.getClassLoader())
        .withSources(
            new PropertiesConfigSource(
                sources.context().parameters(),
                CONTEXT_PARAMETERS_SOURCE,
                CONTEXT_PARAMETERS_ORDINAL),
            new PropertiesConfigSource(
                sources.context().serverConfig(), SERVER_CONFIG_SOURCE, SERVER_CONFIG_ORDINAL),
            new PropertiesConfigSource(
                ownSystemProperties, SYSTEM_PROPERTIES_SOURCE, SYSTEM_PROPERTIES_ORDINAL),
            new EnvConfigSource(ownEnvironment, ENVIRONMENT_ORDINAL));
  }

  private @Nullable Path findFile(SmallRyeConfig strong) {
    ConfigValue named = strong.getConfigValue(ServerSettings.CONFIG_FILE.name());
    if (named != null && named.getRawValue() != null && !named.getRawValue().isBlank()) {
      Path path = sources.workingDirectory().resolve(named.getRawValue().strip());
      if (!Files.isRegularFile(path)) {
        throw new SettingsException(
            ServerSettings.CONFIG_FILE.name(),
            sourceOf(strong, ServerSettings.CONFIG_FILE),
            "there is no file '" + path + "'; allowed: a file that exists");
      }
      return path;
    }
    return first(folders(), FILE_NAME);
  }

  /** The file for this context alone: beside the other one, or where that would be looked for. */
  private @Nullable Path findContextFile() {
    List<Path> folders = new ArrayList<>();
    if (file != null && file.getParent() != null) {
      folders.add(file.getParent());
    }
    folders.addAll(folders());
    return first(folders, PREFIX + sources.context().name() + ".properties");
  }

  private static @Nullable Path first(List<Path> folders, String name) {
    return folders.stream()
        .map(folder -> folder.resolve(name))
        .filter(Files::isRegularFile)
        .findFirst()
        .orElse(null);
  }

  private List<Path> folders() {
    Path tomcat = sources.tomcatBase();
    Path wildFly = sources.wildFlyConfig();
    List<Path> folders = new ArrayList<>();
    if (tomcat != null) {
      folders.add(tomcat.resolve("conf"));
    }
    if (wildFly != null) {
      folders.add(wildFly);
    }
    folders.add(sources.systemConfigDirectory());
    folders.add(sources.workingDirectory());
    return folders;
  }

  private static Map<String, String> load(Path file) {
    Properties properties = new Properties();
    try (Reader text = Files.newBufferedReader(file)) {
      properties.load(text);
    } catch (IOException | IllegalArgumentException e) {
      throw new SettingsException(
          ServerSettings.CONFIG_FILE.name(), null, "cannot read " + file + ": " + e);
    }
    Map<String, String> entries = new HashMap<>();
    for (String name : properties.stringPropertyNames()) {
      entries.put(name, properties.getProperty(name, ""));
    }
    return Map.copyOf(entries);
  }

  private static Map<String, String> ownSystemProperties(Map<String, String> all) {
    Map<String, String> own = new HashMap<>();
    all.forEach(
        (name, value) -> {
          if (name.startsWith(PREFIX) && !name.equals(SettingsSources.STANDALONE)) {
            own.put(name, value);
          }
        });
    return Map.copyOf(own);
  }

  private static Map<String, String> ownEnvironment(Map<String, String> all) {
    Map<String, String> own = new HashMap<>();
    all.forEach(
        (name, value) -> {
          if (UnknownSettings.isOurs(name, value)) {
            own.put(name, value);
          }
        });
    return Map.copyOf(own);
  }
}
