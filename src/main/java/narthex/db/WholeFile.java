package narthex.db;

/** Whether the database already refers to a whole file. */
public enum WholeFile {
  /** A row refers to it. */
  STORED,
  /** Its bytes are stored, but no row refers to them yet. */
  NEW
}
