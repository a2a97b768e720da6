package narthex.db;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Set;
import javax.sql.DataSource;
import narthex.testing.KillSwitch;
import org.jspecify.annotations.Nullable;

/** Opens the database of a process that can be killed: its commits are the writes. */
public final class MortalDatabase {
  /** What the server of a database does when a process has gone. */
  private static final Set<String> AFTER_DEATH =
      Set.of("close", "isClosed", "rollback", "abort", "getAutoCommit", "setAutoCommit");

  private MortalDatabase() {}

  /** Opens the database. The caller closes it, also after the process was killed. */
  public static Database open(DatabaseAddress address, KillSwitch process) throws IOException {
    ConnectionPool real = ConnectionPool.open(address);
    DataSource mortal =
        proxy(
            DataSource.class,
            (method, arguments) -> {
              Object result = call(real.connections(), method, arguments);
              return result instanceof Connection connection ? mortal(connection, process) : result;
            });
    return Database.over(new ConnectionPool(mortal, real.own(), real.place()), null);
  }

  private static Connection mortal(Connection connection, KillSwitch process) {
    return proxy(
        Connection.class,
        (method, arguments) -> {
          boolean isAllowed =
              AFTER_DEATH.contains(method.getName())
                  || (isWrite(connection, method, arguments)
                      ? process.isWriteAllowed()
                      : process.isAlive());
          if (!isAllowed) {
            throw new SQLException("the process was killed before " + method.getName());
          }
          return call(connection, method, arguments);
        });
  }

  /** A commit, or a statement that changes rows without one. */
  private static boolean isWrite(
      Connection connection, Method method, @Nullable Object @Nullable [] arguments)
      throws SQLException {
    return method.getName().equals("commit")
        || (method.getName().equals("prepareStatement")
            && arguments != null
            && connection.getAutoCommit()
            && !String.valueOf(arguments[0]).strip().toLowerCase(Locale.ROOT).startsWith("select"));
  }

  private interface Calls {
    @Nullable Object run(Method method, @Nullable Object @Nullable [] arguments) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Calls calls) {
    return type.cast(
        Proxy.newProxyInstance(
            MortalDatabase.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> calls.run(method, arguments)));
  }

  private static @Nullable Object call(
      Object target, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }
}
