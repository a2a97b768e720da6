package narthex.db;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The database could not say or do something: what it was, on which row, and why. */
public final class DatabaseException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String what;
  private final String key;

  /**
   * Says what did not work.
   *
   * @param what the operation, such as "find narinfo"
   * @param key the row or the place
   * @param reason why, in words
   * @param cause the failure beneath, or null
   */
  public DatabaseException(String what, String key, String reason, @Nullable Throwable cause) {
    super(what + " " + key + ": " + reason, cause);
    this.what = what;
    this.key = key;
  }

  /** Returns the operation. */
  public String what() {
    return what;
  }

  /** Returns the row or the place. */
  public String key() {
    return key;
  }

  static DatabaseException of(String what, String key, Throwable failure) {
    Throwable deepest = failure;
    while (deepest.getCause() != null && deepest.getCause() != deepest) {
      deepest = deepest.getCause();
    }
    String text = String.valueOf(deepest.getMessage());
    return new DatabaseException(what, key, text.replaceAll("\\s+", " ").strip(), failure);
  }
}
