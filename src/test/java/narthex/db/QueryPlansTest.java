package narthex.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.ibatis.annotations.Delete;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.annotations.Update;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How SQLite runs the statements: none may get slower with the number of rows. */
class QueryPlansTest {
  private static final List<Class<?>> MAPPERS =
      List.of(
          ChunkMapper.class,
          ChunkingQueueMapper.class,
          CollectionMapper.class,
          DocumentMapper.class,
          FsckMapper.class,
          GarbageMapper.class,
          LeaseMapper.class,
          NarInfoMapper.class,
          NarMapper.class,
          PathMapper.class,
          PinMapper.class,
          UseMapper.class);

  /** Tables with few rows, whatever is stored, and names of subqueries. */
  private static final Set<String> SMALL =
      Set.of("pin", "lease", "collection_replica", "c", "m", "stray", "named", "CONSTANT");

  /** Indexes that have only the few rows of a queue. */
  private static final Set<String> QUEUES = Set.of("pin_path_to_follow", "pin_path_unknown");

  private static final Pattern LOOP = Pattern.compile("(?s)<foreach[^>]*>.*?</foreach>");
  private static final Pattern SCAN = Pattern.compile("SCAN (\\w+)(?: .*?(\\w+))?");

  @TempDir Path folder;

  private interface Look {
    boolean isWrong(String step);
  }

  private Set<String> find(Look look) throws IOException, SQLException {
    String url = "jdbc:sqlite:" + folder.resolve("plans.db");
    Database.open(new DatabaseAddress(url, null, null, null)).close();
    Set<String> found = new TreeSet<>();
    int statements = 0;
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      for (Class<?> mapper : MAPPERS) {
        for (Method method : mapper.getDeclaredMethods()) {
          for (String text : texts(method)) {
            statements++;
            for (String step : plan(statement, text)) {
              if (look.isWrong(step)) {
                found.add(mapper.getSimpleName() + "." + method.getName() + ": " + step);
              }
            }
          }
        }
      }
    }
    assertTrue(statements > 80, "found " + statements + " statements");
    return found;
  }

  private static List<String> texts(Method method) {
    List<String> texts = new ArrayList<>();
    if (method.getAnnotation(Select.class) != null) {
      texts.add(String.join(" ", method.getAnnotation(Select.class).value()));
    }
    if (method.getAnnotation(Update.class) != null) {
      texts.add(String.join(" ", method.getAnnotation(Update.class).value()));
    }
    if (method.getAnnotation(Delete.class) != null) {
      texts.add(String.join(" ", method.getAnnotation(Delete.class).value()));
    }
    return texts;
  }

  private static List<String> plan(Statement statement, String text) throws SQLException {
    String values = text.contains("insert into") ? "(?, ?, ?)" : "(?, ?)";
    String sql =
        LOOP.matcher(text)
            .replaceAll(values)
            .replaceAll("</?script>", "")
            .replace("&lt;", "<")
            .replaceAll("#\\{[^}]*}", "?");
    List<String> steps = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery("explain query plan " + sql)) {
      while (rows.next()) {
        steps.add(rows.getString("detail"));
      }
    } catch (SQLException e) {
      throw new SQLException(sql, e);
    }
    return steps;
  }

  @Test
  void noStatementReadsAWholeLargeTable() throws Exception {
    Set<String> scans =
        find(
            step -> {
              var scan = SCAN.matcher(step);
              return scan.matches()
                  && !SMALL.contains(scan.group(1))
                  && !QUEUES.contains(String.valueOf(scan.group(2)));
            });
    scans.removeIf(step -> step.contains(".count")); // totals, once for each job
    scans.remove(
        "CollectionMapper.readNumbers: SCAN manifest_part"); // all manifests, once for each

    assertEquals(Set.of(), scans);
  }

  @Test
  void theWalkOfEvictionReadsNoNarinfos() throws Exception {
    Set<String> lookups = find(step -> step.startsWith("SEARCH i USING INDEX narinfo_by_nar"));
    lookups.removeIf(step -> !step.startsWith("UseMapper"));

    assertEquals(Set.of(), lookups);
  }
}
