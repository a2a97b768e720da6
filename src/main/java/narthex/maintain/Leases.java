package narthex.maintain;

/** Decides which replica runs a chore. */
@FunctionalInterface
public interface Leases {
  /** The server is alone and runs all chores. */
  Leases ALONE = chore -> true;

  /**
   * Returns whether this replica runs the chore now. May wait for the database.
   *
   * @param chore its {@linkplain Chore#name name}
   */
  boolean isOurs(String chore);
}
