package narthex.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;
import narthex.blob.DurableFolders;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteJDBCLoader;

/**
 * Connections to the database, from our own pool or from a data source of the container.
 *
 * @param connections the source of connections
 * @param own our pool, to be closed; null if the container owns the data source
 * @param place the name of the database in messages
 */
record ConnectionPool(DataSource connections, @Nullable HikariDataSource own, String place)
    implements AutoCloseable {
  private static final Logger LOG = System.getLogger(ConnectionPool.class.getName());

  /** Timeout for a connection to SQLite from the pool, and for its write lock. */
  private static final Duration SQLITE_WAIT = Duration.ofSeconds(30);

  /**
   * Timeout for a connection to PostgreSQL from the pool. While the database is down, each request
   * that needs it holds its thread for so long.
   */
  private static final Duration POSTGRESQL_WAIT = Duration.ofSeconds(5);

  /** How long the start waits for a database that isn't up yet. */
  private static final Duration START_WAIT = Duration.ofSeconds(10);

  /** Idle connections to PostgreSQL: few, because the server limits the number of connections. */
  private static final int POSTGRESQL_IDLE = 2;

  /**
   * The pool's logger of connections that broke. It adds a stack trace for each connection in an
   * outage, although the caller gets and logs the same exception.
   */
  private static final java.util.logging.Logger BROKEN_CONNECTIONS =
      java.util.logging.Logger.getLogger("com.zaxxer.hikari.pool.ProxyConnection");

  private static final List<String> JNDI_PREFIXES = List.of("", "java:comp/env/");

  /**
   * Opens our own pool, or looks up the container's data source. If that is SQLite, the container
   * must configure it like {@link #prepareSqlite}.
   *
   * @throws DatabaseException if the database can't be reached or isn't supported
   */
  static ConnectionPool open(DatabaseAddress address) throws IOException {
    String url = address.url();
    String jndi = address.jndi();
    if (url == null) {
      return new ConnectionPool(lookUp(String.valueOf(jndi)), null, address.place());
    }
    Product product =
        Product.ofUrl(url)
            .orElseThrow(
                () ->
                    new DatabaseException(
                        "open database",
                        address.place(),
                        "is not supported: use jdbc:sqlite: or jdbc:postgresql:",
                        null));
    if (BROKEN_CONNECTIONS.getLevel() == null) { // else the administrator has chosen a level
      BROKEN_CONNECTIONS.setLevel(java.util.logging.Level.OFF);
    }
    HikariConfig config = new HikariConfig();
    config.setPoolName("narthex-db");
    config.setMaximumPoolSize(product.poolSize());
    config.setInitializationFailTimeout(START_WAIT.toMillis());
    if (address.user() != null) {
      config.setUsername(address.user());
    }
    if (address.password() != null) {
      config.setPassword(address.password());
    }
    switch (product) {
      case SQLITE -> prepareSqlite(config, url, address);
      case POSTGRESQL -> {
        config.setJdbcUrl(url);
        config.setDriverClassName(product.driverClass());
        config.setConnectionTimeout(POSTGRESQL_WAIT.toMillis());
        config.setMinimumIdle(POSTGRESQL_IDLE);
      }
    }
    try {
      HikariDataSource pool = new HikariDataSource(config);
      return new ConnectionPool(pool, pool, address.place());
    } catch (RuntimeException e) {
      throw DatabaseException.of("open database", address.place(), e);
    }
  }

  /**
   * The database's product.
   *
   * @throws DatabaseException if it can't be reached
   */
  Product product() throws DatabaseException {
    try (Connection connection = connections.getConnection()) {
      return Product.of(connection, place);
    } catch (SQLException e) {
      throw DatabaseException.of("open database", place, e);
    }
  }

  /** The connections of our own pool; empty if the container owns the data source. */
  Optional<PoolCounts> counts() {
    if (own == null || own.getHikariPoolMXBean() == null) {
      return Optional.empty();
    }
    HikariPoolMXBean pool = own.getHikariPoolMXBean();
    return Optional.of(
        new PoolCounts(
            pool.getActiveConnections(),
            pool.getIdleConnections(),
            pool.getThreadsAwaitingConnection(),
            own.getMaximumPoolSize()));
  }

  /** Closes our own pool and deregisters our drivers. Leaves a container's data source open. */
  @Override
  public void close() {
    if (own != null) {
      own.close();
      deregisterDrivers();
    }
  }

  /**
   * Loads SQLite's native library. The loader runs a child process, whose JDK thread inherits the
   * context class loader and lives on for a minute. So this sets the system class loader meanwhile:
   * otherwise that thread would keep an undeployed web application in memory.
   */
  private static void loadSqlite(String place) throws DatabaseException {
    Thread current = Thread.currentThread();
    ClassLoader own = current.getContextClassLoader();
    current.setContextClassLoader(ClassLoader.getSystemClassLoader());
    try {
      SQLiteJDBCLoader.initialize();
    } catch (Exception e) { // its declared type
      throw DatabaseException.of("load native library", place, e);
    } finally {
      current.setContextClassLoader(own);
    }
  }

  private static void prepareSqlite(HikariConfig config, String url, DatabaseAddress address)
      throws IOException {
    String place = address.place();
    loadSqlite(place);
    String file = address.sqliteFile().orElseThrow();
    if (file.isBlank() || file.contains(":memory:")) {
      throw new DatabaseException(
          "open database", place, "needs a file: an in-memory database is not supported", null);
    }
    try {
      Path parent = Path.of(file).toAbsolutePath().getParent();
      if (parent != null) {
        DurableFolders.create(parent);
      }
    } catch (IOException | InvalidPathException e) {
      throw DatabaseException.of("create folder of database", place, e);
    }
    config.setConnectionTimeout(SQLITE_WAIT.toMillis());
    Properties properties = new Properties();
    properties.setProperty("journal_mode", "WAL");
    properties.setProperty("synchronous", "FULL");
    properties.setProperty("busy_timeout", Long.toString(SQLITE_WAIT.toMillis()));
    properties.setProperty("foreign_keys", "true");
    properties.setProperty("cache_size", "-16384");
    // Otherwise a transaction that reads before it writes could fail at once instead of waiting.
    properties.setProperty("transaction_mode", "IMMEDIATE");
    config.setDataSource(new SqliteConnections(url, properties));
  }

  // The name comes from the administrator's settings only.
  @SuppressWarnings("BanJNDI")
  private static DataSource lookUp(String name) throws DatabaseException {
    NamingException failure = new NamingException("not found");
    for (String prefix : JNDI_PREFIXES) {
      try {
        if (new InitialContext().lookup(prefix + name) instanceof DataSource found) {
          return found;
        }
        throw new DatabaseException("open database", name, "is not a data source in JNDI", null);
      } catch (NamingException e) {
        failure = e;
      }
    }
    throw DatabaseException.of("find data source in JNDI", name, failure);
  }

  /**
   * Deregisters the JDBC drivers of this WAR, which would otherwise keep its classes in memory
   * after undeployment. Leaves drivers of the server, of other applications and of a plain class
   * path.
   */
  private static void deregisterDrivers() {
    ClassLoader ours = ConnectionPool.class.getClassLoader();
    if (ours == null || ours == ClassLoader.getSystemClassLoader()) {
      return;
    }
    List<Driver> drivers =
        DriverManager.drivers().filter(it -> it.getClass().getClassLoader() == ours).toList();
    for (Driver driver : drivers) {
      try {
        DriverManager.deregisterDriver(driver);
      } catch (SQLException | SecurityException e) {
        LOG.log(
            Level.WARNING,
            "could not deregister JDBC driver class=" + driver.getClass().getName(),
            e);
      }
    }
  }
}
