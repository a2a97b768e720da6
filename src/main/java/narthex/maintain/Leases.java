package narthex.maintain;

import java.io.IOException;
import java.util.Optional;

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

  /**
   * Takes a lease for work that this replica doesn't do yet, until it {@linkplain #release
   * releases} it.
   *
   * @return the replica that has the lease; empty if it is this one's now
   * @throws IOException if the database fails
   */
  default Optional<String> take(String work) throws IOException {
    return Optional.empty();
  }

  /** Releases a lease that was taken. Logs failures. */
  default void release(String work) {}
}
