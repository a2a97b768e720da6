package narthex.nix;

import java.net.UnknownHostException;

/**
 * Text from outside, made fit for a log line or an answer: one line of bounded length that holds
 * nothing invisible.
 */
public final class OneLine {
  /** In characters; enough for a store path and a sentence. */
  private static final int MAX_LENGTH = 400;

  private static final int MAX_CAUSES = 10;

  private OneLine() {}

  /**
   * Returns at most 400 characters of a text, an ellipsis where there were more, and a question
   * mark for everything that is a line break, a control, or otherwise not seen.
   */
  public static String of(String text) {
    int length = Math.min(text.length(), MAX_LENGTH);
    StringBuilder line = new StringBuilder(length + 1);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      line.append(isVisible(c) ? c : '?');
    }
    if (length < text.length()) {
      line.append('…');
    }
    return line.toString();
  }

  /**
   * Returns why something failed, on one line: the message of the failure, and that of its deepest
   * cause unless the first holds it.
   */
  public static String reason(Throwable failure) {
    Throwable deepest = failure;
    for (int depth = 0; depth < MAX_CAUSES && deepest.getCause() != null; depth++) {
      deepest = deepest.getCause();
    }
    String line = text(failure);
    String cause = text(deepest);
    return of(line.contains(cause) ? line : line + ": " + cause);
  }

  /** Some exceptions have a message that is nothing without their name. */
  private static String text(Throwable failure) {
    String message = failure.getMessage();
    if (message == null || message.isBlank()) {
      return failure.getClass().getSimpleName();
    }
    boolean bare = failure instanceof UnknownHostException && !message.contains(" ");
    return bare ? "unknown host " + message : message.replaceAll("\\s+", " ").strip();
  }

  /** Characters beyond the basic plane are invisible to this: they have no place in our names. */
  private static boolean isVisible(char c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.PRIVATE_USE,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
