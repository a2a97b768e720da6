package narthex.settings;

import java.util.HashMap;
import java.util.Map;
import javax.naming.Binding;
import javax.naming.InitialContext;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;

/**
 * The sources of settings that belong to one deployment, in addition to those of the process.
 * Immutable.
 *
 * @param path the context path: empty for the root, else with a leading slash
 * @param parameters settings of this context: its init parameters and its JNDI environment entries
 * @param serverConfig settings in the application server's MicroProfile Config
 */
public record ContextSources(
    String path, Map<String, String> parameters, Map<String, String> serverConfig) {

  /** The root context, without settings of its own. */
  public static final ContextSources ROOT = new ContextSources("", Map.of(), Map.of());

  private static final String ENVIRONMENT_ENTRIES = "java:comp/env";

  /** Copies the maps. */
  public ContextSources {
    parameters = Map.copyOf(parameters);
    serverConfig = Map.copyOf(serverConfig);
  }

  /**
   * Reads the present sources of a deployment. An init parameter overrides a JNDI entry of the same
   * name.
   *
   * @param all the init parameters of the context; names that don't start with {@code narthex.} are
   *     ignored
   */
  public static ContextSources of(String path, Map<String, String> all) {
    Map<String, String> parameters = environmentEntries();
    all.forEach(
        (name, value) -> {
          if (name.startsWith(SettingsReader.PREFIX)) {
            parameters.put(name, value);
          }
        });
    return new ContextSources(path, parameters, ServerConfig.read());
  }

  /**
   * Returns the context's name in file names, as Tomcat forms it: {@code ROOT}, {@code nix}, or
   * {@code a#b} for {@code /a/b}.
   */
  String name() {
    return path.isEmpty() ? "ROOT" : path.substring(1).replace('/', '#');
  }

  /**
   * Returns the suffix for names of this context's files and keys: empty for the root, else {@code
   * -} and the {@link #name}.
   */
  String suffix() {
    return path.isEmpty() ? "" : "-" + name();
  }

  /** Reads the JNDI environment entries whose names start with {@code narthex.}. */
  private static Map<String, String> environmentEntries() {
    Map<String, String> entries = new HashMap<>();
    try {
      NamingEnumeration<Binding> all = new InitialContext().listBindings(ENVIRONMENT_ENTRIES);
      while (all.hasMore()) {
        Binding entry = all.next();
        if (entry.getName().startsWith(SettingsReader.PREFIX)) {
          entries.put(entry.getName(), String.valueOf(entry.getObject()));
        }
      }
    } catch (NamingException none) {
      return entries; // a server without JNDI, or a context without entries
    }
    return entries;
  }
}
