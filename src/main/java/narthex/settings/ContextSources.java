package narthex.settings;

import java.util.HashMap;
import java.util.Map;
import javax.naming.Binding;
import javax.naming.InitialContext;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;

/**
 * What one deployment's settings are read from besides those of the whole process.
 *
 * @param path the context path: empty, or with a slash in front
 * @param parameters what the server was told for this context alone
 * @param serverConfig what MicroProfile Config of the server says
 */
public record ContextSources(
    String path, Map<String, String> parameters, Map<String, String> serverConfig) {

  /** A deployment at the root, of which nothing more is known. */
  public static final ContextSources ROOT = new ContextSources("", Map.of(), Map.of());

  private static final String ENVIRONMENT_ENTRIES = "java:comp/env";

  /** Copies the maps. */
  public ContextSources {
    parameters = Map.copyOf(parameters);
    serverConfig = Map.copyOf(serverConfig);
  }

  /**
   * Returns the sources of a deployment, as they are now.
   *
   * @param all the parameters of its context; those that are no settings are left out
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
   * Returns what the context is called in names of files: {@code ROOT}, {@code nix}, or {@code a#b}
   * as Tomcat has it.
   */
  String name() {
    return path.isEmpty() ? "ROOT" : path.substring(1).replace('/', '#');
  }

  /** Returns what tells this context's things from those of the root: empty for the root. */
  String suffix() {
    return path.isEmpty() ? "" : "-" + name();
  }

  /** Reads the entries of JNDI whose names are settings. */
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
