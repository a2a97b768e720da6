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
 * Finds the value of a setting in the sources. The first source that has it wins: parameters of the
 * context, file of the context, system properties, environment, MicroProfile Config of the
 * application server, file of the whole server.
 *
 * <p>The configuration built here isn't registered with {@code ConfigProvider}, so the application
 * server's own configuration doesn't change.
 */
final class SettingsReader {
  /** Prefix of the property names of all settings. */
  static final String PREFIX = "narthex.";

  private static final String FILE_NAME = "narthex.properties";

  private static final int CONTEXT_PARAMETERS_ORDINAL = 600;
  private static final int CONTEXT_FILE_ORDINAL = 500;

  /** 400 and 300 are the default ordinals of the MicroProfile Config specification. */
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
   * Reads the sources and validates all names in them.
   *
   * @throws SettingsException if a name is unknown, or a configuration file is missing or
   *     unreadable
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

  /** Returns the configuration file of the whole server, or null if none was found. */
  @Nullable Path file() {
    return file;
  }

  /**
   * Returns the property names of all configured settings; a name occurs once for each of its
   * sources.
   */
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

  /** Returns the configured text of a setting, perhaps empty, or null if no source has it. */
  @Nullable String rawText(Setting<?> setting) {
    ConfigValue value = config.getConfigValue(setting.name());
    return value == null ? null : value.getRawValue();
  }

  /**
   * Returns the configured text of a setting, or null if no source has it, it is blank, or it
   * equals the documented default. So an administrator can uncomment a line of {@code
   * narthex.properties} unchanged, placeholders included.
   */
  @Nullable String text(Setting<?> setting) {
    String text = rawText(setting);
    return text == null || text.isBlank() || text.strip().equals(setting.defaultText())
        ? null
        : text;
  }

  /**
   * Returns the parsed value of a setting, or null if {@link #text} returns null.
   *
   * @throws SettingsException if the value is malformed
   */
  <T> @Nullable T find(Setting<T> setting) {
    String text = text(setting);
    return text == null ? null : parse(setting, text);
  }

  /**
   * Parses text as the value of a setting.
   *
   * @throws SettingsException if the text is malformed
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

  /** Returns an exception for this setting that names its source; doesn't throw it. */
  SettingsException problem(Setting<?> setting, String problem) {
    return new SettingsException(setting.name(), origin(setting), problem);
  }

  /** Returns the source of a setting, for messages, or null if no source has it. */
  @Nullable String origin(Setting<?> setting) {
    return sourceOf(config, setting);
  }

  private @Nullable String sourceOf(SmallRyeConfig config, Setting<?> setting) {
    ConfigValue value = config.getConfigValue(setting.name());
    if (value == null || value.getRawValue() == null) {
      return null;
    }
    // SmallRye's names of sources don't suit messages.
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

  /**
   * Finds the configuration file of this context: first next to the file of the whole server, then
   * in the same directories as that.
   */
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
