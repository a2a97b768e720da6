package narthex.db;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Leases: which replica does what only one of them must do. Thread-safe.
 *
 * <p>Times are those of the replica's clock: SQLite and PostgreSQL have no common expression for
 * the present time, and nothing depends on a lease for its correctness. If the clocks of two
 * replicas differ, a lease ends earlier or later by the difference. At worst two replicas do the
 * same work.
 */
public final class LeaseTable {
  private final Transactions transactions;

  LeaseTable(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * Acquires a lease, or renews it if this holder has it. One statement.
   *
   * @param holder the name of the replica, which no other start of a replica has
   * @param now the present time
   * @param length how long the lease lasts from now on
   * @return false, without a change, if another holder has it
   * @throws DatabaseException if the transaction fails
   */
  public boolean acquire(String name, String holder, Instant now, Duration length)
      throws IOException {
    return transactions.together(
        "acquire lease",
        name,
        mappers ->
            mappers
                    .leases()
                    .acquire(name, holder, now.toEpochMilli(), now.plus(length).toEpochMilli())
                > 0);
  }

  /**
   * Finds who has a lease, or had it last.
   *
   * @throws DatabaseException if the query fails
   */
  public Optional<String> findHolder(String name) throws IOException {
    return transactions.single(
        "find lease", name, mappers -> Optional.ofNullable(mappers.leases().findHolder(name)));
  }

  /**
   * Ends a lease of a holder, so that others can acquire it at once.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void release(String name, String holder) throws IOException {
    transactions.together(
        "release lease",
        name,
        mappers -> {
          mappers.leases().releaseOne(name, holder);
          return null;
        });
  }

  /**
   * Ends all leases of a holder, so that others can acquire them at once.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void release(String holder) throws IOException {
    transactions.together(
        "release leases",
        holder,
        mappers -> {
          mappers.leases().release(holder);
          return null;
        });
  }

  /**
   * Ends the leases of all but these holders, so that others can acquire them at once.
   *
   * @param holders at least one
   * @throws DatabaseException if the transaction fails
   */
  public void releaseAllBut(Set<String> holders) throws IOException {
    transactions.together(
        "release leases of others",
        String.join(" ", holders),
        mappers -> {
          mappers.leases().releaseAllBut(holders);
          return null;
        });
  }
}
