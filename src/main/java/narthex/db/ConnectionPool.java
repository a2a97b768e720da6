package narthex.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteJDBCLoader;

/**
 * Connections to the database: our own pool, or a data source of the container, which is left open.
 *
 * @param connections where connections come from
 * @param own the pool to close, or null if the container owns the connections
 * @param place what to call the database in messages
 */
record ConnectionPool(DataSource connections, @Nullable HikariDataSource own, String place)
    implements AutoCloseable {
  private static final Logger LOG = System.getLogger(ConnectionPool.class.getName());

  /** How long a request waits for a connection, and for SQLite's one writer. */
  private static final Duration WAIT = Duration.ofSeconds(30);

  /** How long the start waits for a database that is itself still starting. */
  private static final Duration START_WAIT = Duration.ofSeconds(10);

  /** Connections that PostgreSQL, which has few, keeps open for us when there is little to do. */
  private static final int POSTGRESQL_IDLE = 2;

  private static final List<String> JNDI_PREFIXES = List.of("", "java:comp/env/");

  /**
   * Opens a pool of our own, or finds the data source of the container; of an SQLite data source of
   * the container, the container must set what {@link #prepareSqlite} sets.
   */
  static ConnectionPool open(DatabaseSettings settings) throws IOException {
    String url = settings.url();
    String jndi = settings.jndi();
    if (url == null) {
      return new ConnectionPool(lookUp(String.valueOf(jndi)), null, settings.place());
    }
    Product product =
        Product.ofUrl(url)
            .orElseThrow(
                () ->
                    new DatabaseException(
                        "open database",
                        settings.place(),
                        "is not supported: use jdbc:sqlite: or jdbc:postgresql:",
                        null));
    HikariConfig config = new HikariConfig();
    config.setPoolName("narthex-db");
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(product.poolSize());
    config.setConnectionTimeout(WAIT.toMillis());
    config.setInitializationFailTimeout(START_WAIT.toMillis());
    if (settings.user() != null) {
      config.setUsername(settings.user());
    }
    if (settings.password() != null) {
      config.setPassword(settings.password());
    }
    switch (product) {
      case SQLITE -> prepareSqlite(config, url, settings.place());
      case POSTGRESQL -> config.setMinimumIdle(POSTGRESQL_IDLE);
    }
    try {
      // Loaded by us: DriverManager does not see the drivers of a WAR.
      Class.forName(product.driverClass(), true, ConnectionPool.class.getClassLoader());
      config.setDriverClassName(product.driverClass());
      HikariDataSource pool = new HikariDataSource(config);
      return new ConnectionPool(pool, pool, settings.place());
    } catch (ClassNotFoundException | RuntimeException e) {
      throw DatabaseException.of("open database", settings.place(), e);
    }
  }

  /** Stops the threads of our own pool, if it is ours, and takes our drivers back. */
  @Override
  public void close() {
    if (own != null) {
      own.close();
      deregisterDrivers();
    }
  }

  /**
   * Loads SQLite's native library. It asks a child process for the system's name, and the JDK's
   * thread for children, which ends a minute later, keeps the context class loader of whoever
   * caused it: that must not be a web application's.
   */
  private static void loadSqlite(String place) throws DatabaseException {
    Thread current = Thread.currentThread();
    ClassLoader own = current.getContextClassLoader();
    current.setContextClassLoader(ClassLoader.getSystemClassLoader());
    try {
      SQLiteJDBCLoader.initialize();
    } catch (Exception e) { // that is what it declares
      throw DatabaseException.of("load native library", place, e);
    } finally {
      current.setContextClassLoader(own);
    }
  }

  private static void prepareSqlite(HikariConfig config, String url, String place)
      throws IOException {
    loadSqlite(place);
    String file = url.substring(Product.SQLITE.urlPrefix().length()).replaceFirst("[?].*", "");
    if (file.isBlank() || file.contains(":memory:")) {
      throw new DatabaseException(
          "open database", place, "names no file: rows must outlive the process", null);
    }
    try {
      Path parent = Path.of(file.replaceFirst("^file:", "")).toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
    } catch (IOException | InvalidPathException e) {
      throw DatabaseException.of("create folder of database", place, e);
    }
    config.addDataSourceProperty("journal_mode", "WAL");
    config.addDataSourceProperty("synchronous", "FULL");
    config.addDataSourceProperty("busy_timeout", Long.toString(WAIT.toMillis()));
    config.addDataSourceProperty("foreign_keys", "true");
    config.addDataSourceProperty("cache_size", "-16384");
    // A transaction that turned from reader into writer could fail at once instead of waiting.
    config.addDataSourceProperty("transaction_mode", "IMMEDIATE");
  }

  // The name is the administrator's own setting, never text from outside.
  @SuppressWarnings("BanJNDI")
  private static DataSource lookUp(String name) throws DatabaseException {
    NamingException failure = new NamingException("not found");
    for (String prefix : JNDI_PREFIXES) {
      try {
        if (new InitialContext().lookup(prefix + name) instanceof DataSource found) {
          return found;
        }
        throw new DatabaseException("open database", name, "is no data source in JNDI", null);
      } catch (NamingException e) {
        failure = e;
      }
    }
    throw DatabaseException.of("find data source in JNDI", name, failure);
  }

  /**
   * Takes back what a driver that came with this WAR has registered when it was loaded: else the
   * WAR's classes stay in memory after it is undeployed. Drivers of the server, of other
   * applications and of a plain class path are left alone.
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
