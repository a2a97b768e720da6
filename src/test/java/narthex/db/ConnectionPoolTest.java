package narthex.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import java.util.concurrent.Callable;
import javax.naming.Context;
import javax.naming.InitialContext;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.spi.InitialContextFactory;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectionPoolTest {
  private static final ThreadLocal<@Nullable DataSource> BOUND = new ThreadLocal<>();

  @Test
  void closingTakesBackTheDriversOfOurOwnClassLoaderOnly(@TempDir Path folder) throws Exception {
    List<URL> classPath = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator, -1)) {
      classPath.add(Path.of(entry).toUri().toURL());
    }
    long before = DriverManager.drivers().count();
    try (URLClassLoader webApplication =
        new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Class<?> inside = webApplication.loadClass(InWebApplication.class.getName());
      Callable<?> check =
          (Callable<?>)
              inside.getConstructor(String.class).newInstance("jdbc:sqlite:" + folder + "/a.db");

      assertEquals(List.of(true, 0L), check.call());
    }
    assertEquals(before, DriverManager.drivers().count());
  }

  /** Runs in a class loader of its own, like a web application. */
  public static final class InWebApplication implements Callable<List<Object>> {
    private final String url;

    public InWebApplication(String url) {
      this.url = url;
    }

    @Override
    public List<Object> call() throws Exception {
      Database database = Database.open(new DatabaseAddress(url, null, null, null));
      Class.forName("org.sqlite.JDBC"); // registers itself
      boolean registered = ours() > 0;
      database.close();
      return List.of(registered, ours());
    }

    private static long ours() {
      ClassLoader loader = InWebApplication.class.getClassLoader();
      return DriverManager.drivers()
          .filter(driver -> driver.getClass().getClassLoader() == loader)
          .count();
    }
  }

  @Test
  void closingClosesAConnectionThatIsInUse(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("a.db");
    Path log = folder.resolve("a.db-wal"); // SQLite removes it with the last connection
    ConnectionPool pool =
        ConnectionPool.open(new DatabaseAddress("jdbc:sqlite:" + file, null, null, null));
    try (Connection used = pool.connections().getConnection();
        Statement statement = used.createStatement()) {
      statement.execute("CREATE TABLE t (x INTEGER)");
      assertTrue(Files.exists(log));

      pool.close();

      assertThrows(SQLException.class, () -> statement.execute("INSERT INTO t VALUES (1)"));
      assertFalse(Files.exists(log));
    }
  }

  @Test
  void aDataSourceOfTheContainerIsFoundByItsShortNameAndStaysOpen(@TempDir Path folder)
      throws Exception {
    DatabaseAddress sqlite =
        new DatabaseAddress("jdbc:sqlite:" + folder.resolve("a.db"), null, null, null);
    String factory = System.getProperty(Context.INITIAL_CONTEXT_FACTORY);
    System.setProperty(Context.INITIAL_CONTEXT_FACTORY, FakeContainer.class.getName());
    try (ConnectionPool container = ConnectionPool.open(sqlite)) {
      BOUND.set(container.connections());
      try (Database database =
          Database.open(new DatabaseAddress(null, null, null, "jdbc/narthex"))) {
        database.ping();
      }
      try (var connection = container.connections().getConnection()) {
        assertTrue(connection.isValid(1));
      }
    } finally {
      BOUND.remove();
      if (factory == null) {
        System.clearProperty(Context.INITIAL_CONTEXT_FACTORY);
      } else {
        System.setProperty(Context.INITIAL_CONTEXT_FACTORY, factory);
      }
    }
  }

  /** A container with one data source. */
  public static final class FakeContainer implements InitialContextFactory {
    @Override
    public Context getInitialContext(Hashtable<?, ?> environment) throws NamingException {
      return new InitialContext(true) {
        @Override
        public Object lookup(String name) throws NamingException {
          DataSource bound = BOUND.get();
          if (bound == null || !name.equals("java:comp/env/jdbc/narthex")) {
            throw new NameNotFoundException(name);
          }
          return bound;
        }
      };
    }
  }
}
