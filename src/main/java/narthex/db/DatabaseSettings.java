package narthex.db;

import org.jspecify.annotations.Nullable;

/**
 * Where the database is: a JDBC URL, or the JNDI name of a data source that the container owns.
 *
 * @param url {@code jdbc:sqlite:<file>} or {@code jdbc:postgresql:…}, or null if {@code jndi} is
 *     given
 * @param user the user, or null
 * @param password the password, or null; never printed
 * @param jndi the name of a data source, or null if {@code url} is given
 */
public record DatabaseSettings(
    @Nullable String url, @Nullable String user, @Nullable String password, @Nullable String jndi) {

  /**
   * Checks that there is one place.
   *
   * @throws IllegalArgumentException if there is neither a URL nor a JNDI name, or both
   */
  public DatabaseSettings {
    if ((url == null) == (jndi == null)) {
      throw new IllegalArgumentException("either a JDBC URL or a JNDI name is needed");
    }
  }

  /** Returns the place without user, password and parameters, which may hold a password too. */
  public String place() {
    if (jndi != null) {
      return jndi;
    }
    return String.valueOf(url).replaceFirst("[?].*", "").replaceFirst("//[^/]*@", "//");
  }

  @Override
  public String toString() {
    return "DatabaseSettings[" + place() + "]";
  }
}
