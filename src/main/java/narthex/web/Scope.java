package narthex.web;

import java.util.Locale;

/** What somebody may do; each includes those before it. */
public enum Scope {
  /** Asking. */
  READ,
  /** Uploading. */
  WRITE,
  /** Deleting. */
  ADMIN;

  /** Returns whether whoever has this has the other one too. */
  public boolean includes(Scope other) {
    return compareTo(other) >= 0;
  }

  /** The role of the server's own security that stands for this scope: {@code narthex-read}. */
  String role() {
    return "narthex-" + name().toLowerCase(Locale.ROOT);
  }
}
