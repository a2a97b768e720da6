package narthex.web;

import java.util.Locale;

/** Access scopes; each includes the lower ones before it. */
public enum Scope {
  /** Figures for the monitoring. */
  METRICS,
  /** Downloads and lookups. */
  READ,
  /** Uploads. */
  WRITE,
  /** Deletions, replacing stored documents, and administration. */
  ADMIN;

  /** Returns whether this scope is the other one or a higher one. */
  public boolean includes(Scope other) {
    return compareTo(other) >= 0;
  }

  /**
   * Returns the role of the application server that grants this scope, for example {@code
   * narthex-read}.
   */
  String role() {
    return "narthex-" + name().toLowerCase(Locale.ROOT);
  }
}
