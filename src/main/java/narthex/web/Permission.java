package narthex.web;

/** Whether the settings let clients change the store in one way: by uploads, or by deletions. */
public enum Permission {
  /** Allowed to clients with the right token. */
  ENABLED,
  /** Refused to all clients. */
  DISABLED
}
