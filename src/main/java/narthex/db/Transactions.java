package narthex.db;

import java.sql.SQLException;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.apache.ibatis.exceptions.PersistenceException;
import org.apache.ibatis.executor.ErrorContext;
import org.apache.ibatis.mapping.Environment;
import org.apache.ibatis.session.Configuration;
import org.apache.ibatis.session.LocalCacheScope;
import org.apache.ibatis.session.SqlSession;
import org.apache.ibatis.session.SqlSessionFactory;
import org.apache.ibatis.session.defaults.DefaultSqlSessionFactory;
import org.apache.ibatis.transaction.jdbc.JdbcTransactionFactory;
import org.apache.ibatis.type.ByteArrayTypeHandler;
import org.apache.ibatis.type.JdbcType;
import org.apache.ibatis.type.TypeHandlerRegistry;
import org.jspecify.annotations.Nullable;

/** Runs statements alone or in a transaction. Thread-safe. */
final class Transactions {
  /** PostgreSQL's "serialization failure" and "deadlock detected", after which a retry may work. */
  private static final Set<String> TRANSIENT_STATES = Set.of("40001", "40P01");

  private static final int ATTEMPTS = 3;

  /**
   * Attempts if connections turn out to be broken: more than a pool holds. A connection that broke
   * leaves the pool, so the next attempt gets another one, or waits for a new one.
   */
  private static final int ATTEMPTS_WITH_BROKEN_CONNECTIONS = 20;

  /** SQLite's SQLITE_IOERR and SQLITE_FULL: a full disk causes either. */
  private static final Set<Integer> FULL_CODES = Set.of(10, 13);

  private final SqlSessionFactory sessions;
  private final Mappers.Parsed parsed;
  private final @Nullable DiskReserve reserve;
  private final WriteTurns turns;
  private volatile DatabaseObserver observer = DatabaseObserver.NONE;

  /**
   * @param reserve the disk reserve, or null
   * @param turns when transactions may begin
   */
  Transactions(DataSource connections, @Nullable DiskReserve reserve, WriteTurns turns) {
    this.reserve = reserve;
    this.turns = turns;
    Configuration configuration =
        new Configuration(new Environment("narthex", new JdbcTransactionFactory(), connections));
    // No caches: other replicas change the same rows.
    configuration.setLocalCacheScope(LocalCacheScope.STATEMENT);
    configuration.setCacheEnabled(false);
    configuration.setMapUnderscoreToCamelCase(true);
    configuration.setArgNameBasedConstructorAutoMapping(true);
    configuration.setJdbcTypeForNull(JdbcType.NULL);
    configuration.setDefaultScriptingLanguage(ListLanguage.class);
    TypeHandlerRegistry types = configuration.getTypeHandlerRegistry();
    types.register(ExtentList.class, new ExtentListTypeHandler());
    types.register(ChunkColumns.class, new RowTypeHandler<>(ChunkColumns::read));
    types.register(FoundNarInfo.class, new RowTypeHandler<>(FoundNarInfo::read));
    types.register(FoundRepresentation.class, new RowTypeHandler<>(FoundRepresentation::read));
    // SQLite reports binary columns as BLOB, but doesn't implement JDBC's methods for BLOBs.
    types.register(byte[].class, JdbcType.BLOB, new ByteArrayTypeHandler());
    this.sessions = new DefaultSqlSessionFactory(configuration);
    this.parsed = new Mappers.Parsed(configuration);
  }

  /** Sets who is told of operations. Call it at start-up. */
  void observe(DatabaseObserver told) {
    observer = told;
  }

  private interface Attempts<T extends @Nullable Object> {
    T run() throws DatabaseException;
  }

  private <T extends @Nullable Object> T observed(String what, Attempts<T> attempts)
      throws DatabaseException {
    long start = System.nanoTime();
    DatabaseObserver.Result result = DatabaseObserver.Result.FAILED;
    try {
      T value = attempts.run();
      result = DatabaseObserver.Result.DONE;
      return value;
    } finally {
      observer.ended(what, result, System.nanoTime() - start);
    }
  }

  /**
   * Runs one query in a transaction of its own, again with another connection if the connection
   * breaks.
   *
   * @param what the operation, for the exception's message
   * @param key the key of the row, for the exception's message
   * @throws DatabaseException if the statement fails, or a row is malformed
   */
  <T extends @Nullable Object> T single(String what, String key, Function<Mappers, T> work)
      throws DatabaseException {
    return observed(what, () -> trySingle(what, key, work));
  }

  private <T extends @Nullable Object> T trySingle(
      String what, String key, Function<Mappers, T> work) throws DatabaseException {
    for (int attempt = 1; ; attempt++) {
      boolean connected = false;
      try (SqlSession session = sessions.openSession(true)) {
        Mappers mappers = new Mappers(session, parsed);
        connected = true;
        return work.apply(mappers);
      } catch (PersistenceException | IllegalArgumentException e) {
        if (!connected || !isBroken(e) || attempt >= ATTEMPTS_WITH_BROKEN_CONNECTIONS) {
          throw DatabaseException.of(what, key, e);
        }
      } finally {
        ErrorContext.instance().reset(); // a thread-local of MyBatis
      }
    }
  }

  /**
   * Runs one query whose rows are used one by one, however many there are. It holds a connection
   * until all are used, but no lock: others read and write meanwhile. SQLite's write-ahead log
   * grows until then. Uses another connection if the first is found broken before the first row.
   *
   * @param what the operation, for the exception's message
   * @throws DatabaseException if the query fails, possibly after some rows were used, or a row is
   *     malformed
   */
  <T extends @Nullable Object> T reading(String what, Function<Mappers, T> work)
      throws DatabaseException {
    return observed(what, () -> tryReading(what, work));
  }

  private <T extends @Nullable Object> T tryReading(String what, Function<Mappers, T> work)
      throws DatabaseException {
    for (int attempt = 1; ; attempt++) {
      boolean isUntouched = false;
      try (SqlSession session = sessions.openSession(true)) {
        Mappers mappers = new Mappers(session, parsed);
        isUntouched = true;
        // Outside of a transaction, PostgreSQL's driver holds all rows in memory. A transaction in
        // SQLite would keep others from writing.
        if (Product.of(mappers.connection(), what) == Product.POSTGRESQL) {
          mappers.connection().setAutoCommit(false); // the session's end makes it true again
        }
        requireOpen(mappers);
        isUntouched = false;
        T result = work.apply(mappers);
        requireOpen(mappers); // else a pool that took the connection away would end the rows early
        return result;
      } catch (PersistenceException | IllegalArgumentException | SQLException e) {
        if (!isUntouched || !isBroken(e) || attempt >= ATTEMPTS_WITH_BROKEN_CONNECTIONS) {
          throw DatabaseException.of(what, "", e);
        }
      } finally {
        ErrorContext.instance().reset();
      }
    }
  }

  /** Runs a statement, which fails if the connection is closed or broken. */
  private static void requireOpen(Mappers mappers) {
    long unused = mappers.chunks().nextNumber();
  }

  /**
   * Runs statements in one transaction, up to three times if it fails for a transient reason, and
   * again with another connection if the connection breaks before the commit.
   *
   * @throws DatabaseException if a statement or the commit fails; in the latter case the
   *     {@linkplain DatabaseException#isOutcomeUnknown outcome may be unknown}
   */
  <T extends @Nullable Object> T together(String what, String key, Function<Mappers, T> work)
      throws DatabaseException {
    return observed(
        what,
        () -> {
          turns.await(what, key);
          try {
            return tryTogether(what, key, work);
          } finally {
            turns.end();
          }
        });
  }

  /** Estimated number of transactions that wait until others have written. */
  int waiting() {
    return turns.waiting();
  }

  private <T extends @Nullable Object> T tryTogether(
      String what, String key, Function<Mappers, T> work) throws DatabaseException {
    for (int attempt = 1; ; attempt++) {
      boolean connected = false;
      boolean committing = false;
      try (SqlSession session = sessions.openSession(false)) {
        Mappers mappers = new Mappers(session, parsed);
        connected = true;
        T result = work.apply(mappers);
        committing = true;
        // Without "true", MyBatis commits only if it knows of a change.
        session.commit(true);
        return result;
      } catch (PersistenceException | IllegalArgumentException e) {
        boolean undone = isTransient(e);
        boolean brokeBefore = connected && !committing && isBroken(e);
        if (attempt >= mostAttempts(undone, brokeBefore)) {
          throw committing && !undone
              ? DatabaseException.ofCommit(what, key, e)
              : DatabaseException.of(what, key, e);
        }
      } finally {
        ErrorContext.instance().reset();
      }
    }
  }

  /**
   * Runs statements that delete rows, like {@link #together}. If the disk is full, releases the
   * disk reserve and tries again.
   *
   * @throws DatabaseException like {@link #together}
   */
  <T extends @Nullable Object> T freeing(String what, String key, Function<Mappers, T> work)
      throws DatabaseException {
    DiskReserve room = reserve;
    if (room == null) {
      return together(what, key, work);
    }
    T result;
    try {
      result = together(what, key, work);
    } catch (DatabaseException e) {
      if (!isFull(e) || !room.release()) {
        throw e;
      }
      result = together(what, key, work);
    }
    room.keep();
    return result;
  }

  private static boolean isFull(Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof SQLException sql && FULL_CODES.contains(sql.getErrorCode() & 0xFF)) {
        return true;
      }
    }
    return false;
  }

  private static int mostAttempts(boolean undone, boolean broken) {
    if (broken) {
      return ATTEMPTS_WITH_BROKEN_CONNECTIONS;
    }
    return undone ? ATTEMPTS : 1;
  }

  private static boolean isTransient(Throwable failure) {
    return hasState(failure, TRANSIENT_STATES::contains);
  }

  /** Whether the connection broke (SQL class 08), or the server ended it (57P01 and its like). */
  private static boolean isBroken(Throwable failure) {
    return hasState(failure, state -> state.startsWith("08") || state.startsWith("57P"));
  }

  private static boolean hasState(Throwable failure, Predicate<String> states) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      String state = at instanceof SQLException sql ? sql.getSQLState() : null;
      if (state != null && states.test(state)) {
        return true;
      }
    }
    return false;
  }
}
