package narthex.maintain;

/** Knows whether clients are being served. Thread-safe. */
@FunctionalInterface
public interface Idle {
  /** Returns whether no client has been served for a while. Is called often. */
  boolean isIdle();
}
