package narthex.db;

import java.util.Optional;

/** How busy a database is, for those who observe the server. Thread-safe. */
public final class DatabaseLoad {
  private final Database database;

  /** Knows the load of this database. */
  public DatabaseLoad(Database database) {
    this.database = database;
  }

  /** Sets who is told of all operations. Call it at start-up. */
  public void observe(DatabaseObserver observer) {
    database.transactions.observe(observer);
  }

  /** The connections of our own pool; empty if the container owns the data source. */
  public Optional<PoolCounts> connections() {
    return database
        .pool
        .counts()
        .map(counts -> counts.withWaiting(database.transactions.waiting()));
  }
}
