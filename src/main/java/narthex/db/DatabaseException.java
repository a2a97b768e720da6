package narthex.db;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A database operation failed. The message names the operation, the row and the reason. */
public final class DatabaseException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String what;
  private final String key;
  private final boolean outcomeUnknown;

  /**
   * @param what the operation, such as "find narinfo"
   * @param key the key of the row, or the place of the database
   * @param reason the reason, for the message
   * @param cause the underlying failure, or null
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

  /** The operation, such as "find narinfo". */
  public String what() {
    return what;
  }

  /** The key of the row, or the place of the database. */
  public String key() {
    return key;
  }

  /**
   * Whether the transaction may have succeeded: the commit was sent, but failed without a definite
   * answer.
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
