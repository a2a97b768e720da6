package narthex.db;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The database could not say or do something: what it was, on which row, and why. */
public final class DatabaseException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String what;
  private final String key;
  private final boolean outcomeUnknown;

  /**
   * Says what did not work.
   *
   * @param what the operation, such as "find narinfo"
   * @param key the row or the place
   * @param reason why, in words
   * @param cause the failure beneath, or null
   */
  public DatabaseException(String what, String key, String reason, @Nullable Throwable cause) {
    this(what, key, reason, cause, false);
  }

  private DatabaseException(
      String what, String key, String reason, @Nullable Throwable cause, boolean outcomeUnknown) {
    super(what + " " + key + ": " + reason, cause);
    this.what = what;
    this.key = key;
    this.outcomeUnknown = outcomeUnknown;
  }

  /** Returns the operation. */
  public String what() {
    return what;
  }

  /** Returns the row or the place. */
  public String key() {
    return key;
  }

  /**
   * Whether the changes may have been made all the same: the commit was asked for, and no answer
   * came that tells.
   */
  public boolean isOutcomeUnknown() {
    return outcomeUnknown;
  }

  static DatabaseException of(String what, String key, Throwable failure) {
    return of(what, key, failure, false);
  }

  static DatabaseException ofCommit(String what, String key, Throwable failure) {
    return of(what, key, failure, true);
  }

  private static DatabaseException of(
      String what, String key, Throwable failure, boolean outcomeUnknown) {
    Throwable deepest = failure;
    while (deepest.getCause() != null && deepest.getCause() != deepest) {
      deepest = deepest.getCause();
    }
    String text = String.valueOf(deepest.getMessage());
    return new DatabaseException(
        what, key, text.replaceAll("\\s+", " ").strip(), failure, outcomeUnknown);
  }
}
