package narthex.db;

/**
 * The connections of our own pool.
 *
 * @param active connections in use
 * @param idle open connections that nobody uses
 * @param waiting threads that wait for a connection, or until others have written
 * @param most most connections
 */
public record PoolCounts(int active, int idle, int waiting, int most) {
  /** The same with so many more that wait. */
  PoolCounts withWaiting(int more) {
    return new PoolCounts(active, idle, waiting + more, most);
  }
}
