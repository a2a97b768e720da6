package narthex.nix;

import java.net.UnknownHostException;

/**
 * Sanitises external text for log lines and HTTP responses: one line of limited length without
 * invisible characters.
 */
public final class OneLine {
  /** In characters; enough for a store path and a sentence. */
  private static final int MAX_LENGTH = 400;

  private static final int MAX_CAUSES = 10;

  private OneLine() {}

  /**
   * Cuts a text to 400 characters, with an ellipsis after them if it was longer, and replaces each
   * line break, control or otherwise invisible character by a question mark.
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
   * The reason of a failure on one line: its message, followed by the message of its root cause
   * unless that is part of the first.
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

  /** Adds the missing words where an exception has no message, or only a host name as message. */
  private static String text(Throwable failure) {
    String message = failure.getMessage();
    if (message == null || message.isBlank()) {
      return failure.getClass().getSimpleName();
    }
    boolean bare = failure instanceof UnknownHostException && !message.contains(" ");
    return bare ? "unknown host " + message : message.replaceAll("\\s+", " ").strip();
  }

  /** Surrogates count as invisible: Nix names have no supplementary characters. */
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
