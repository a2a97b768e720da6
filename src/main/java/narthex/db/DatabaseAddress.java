package narthex.db;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The location of the database: a JDBC URL, or the JNDI name of a data source of the container.
 *
 * @param url {@code jdbc:sqlite:<file>} or {@code jdbc:postgresql:…}; null if {@code jndi} is set
 * @param user the user, or null
 * @param password the password, or null; {@link #toString} never shows it
 * @param jndi the name of a data source; null if {@code url} is set
 */
public record DatabaseAddress(
    @Nullable String url, @Nullable String user, @Nullable String password, @Nullable String jndi) {

  /**
   * Checks that exactly one of URL and JNDI name is set.
   *
   * @throws IllegalArgumentException if neither or both are set
   */
  public DatabaseAddress {
    if ((url == null) == (jndi == null)) {
      throw new IllegalArgumentException("set either a JDBC URL or a JNDI name");
    }
  }

  /** The URL without user, password and parameters, or the JNDI name. Safe for messages. */
  public String place() {
    if (jndi != null) {
      return jndi;
    }
    return String.valueOf(url).replaceFirst("[?].*", "").replaceFirst("//[^/]*@", "//");
  }

  /** The file of an SQLite database as the URL names it; empty for any other database. */
  public Optional<String> sqliteFile() {
    String prefix = Product.SQLITE.urlPrefix();
    if (url == null || !url.startsWith(prefix)) {
      return Optional.empty();
    }
    String file = url.substring(prefix.length()).replaceFirst("[?].*", "");
    return Optional.of(file.replaceFirst("^file:", ""));
  }

  @Override
  public String toString() {
    return "DatabaseAddress[" + place() + "]";
  }
}
