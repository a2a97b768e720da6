package narthex.db;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.ibatis.executor.parameter.ParameterHandler;
import org.apache.ibatis.mapping.BoundSql;
import org.apache.ibatis.mapping.MappedStatement;
import org.apache.ibatis.mapping.SqlSource;
import org.apache.ibatis.scripting.xmltags.XMLLanguageDriver;
import org.apache.ibatis.session.Configuration;

/**
 * MyBatis's language for statements, and one more kind of parameter: <code>(#{numbers...})</code>
 * takes a collection, and becomes as many placeholders as it has elements, at least one.
 *
 * <p>MyBatis's own {@code foreach} would compile a regular expression for each element, and look
 * each one up by its name. For the chunks of a NAR that takes longer than the query. It is left
 * where rows are inserted.
 *
 * <p>The parameters of such a statement need a name ({@code @Param}) and a type that JDBC knows,
 * and can't be null. Thread-safe.
 */
public final class ListLanguage extends XMLLanguageDriver {
  private static final Pattern PARAMETER = Pattern.compile("#\\{(\\w+)(?:\\.\\.\\.)?}");

  @Override
  public SqlSource createSqlSource(
      Configuration configuration, String script, Class<?> parameterType) {
    return script.contains("...}")
        ? ListSource.parse(configuration, script)
        : super.createSqlSource(configuration, script, parameterType);
  }

  @Override
  public ParameterHandler createParameterHandler(
      MappedStatement statement, Object parameters, BoundSql sql) {
    return statement.getSqlSource() instanceof ListSource source
        ? new Values(parameters, source.values(parameters))
        : super.createParameterHandler(statement, parameters, sql);
  }

  /**
   * A statement with lists.
   *
   * @param texts what stands before each parameter, and after the last one
   */
  private record ListSource(Configuration configuration, List<String> texts, List<String> names)
      implements SqlSource {
    static ListSource parse(Configuration configuration, String script) {
      List<String> texts = new ArrayList<>();
      List<String> names = new ArrayList<>();
      Matcher parameter = PARAMETER.matcher(script);
      int end = 0;
      while (parameter.find()) {
        texts.add(script.substring(end, parameter.start()));
        names.add(parameter.group(1));
        end = parameter.end();
      }
      texts.add(script.substring(end));
      if (texts.stream().anyMatch(text -> text.contains("#{") || text.contains("<script>"))) {
        throw new IllegalArgumentException("not a statement with lists: " + script);
      }
      return new ListSource(configuration, List.copyOf(texts), List.copyOf(names));
    }

    @Override
    public BoundSql getBoundSql(Object parameters) {
      StringBuilder sql = new StringBuilder();
      for (int i = 0; i < names.size(); i++) {
        sql.append(texts.get(i));
        Object value = value(parameters, names.get(i));
        int count = value instanceof Collection<?> list ? list.size() : 1;
        if (count == 0) {
          throw new IllegalArgumentException("no elements: " + names.get(i));
        }
        sql.append("?").append(",?".repeat(count - 1));
      }
      sql.append(texts.get(names.size()));
      // Without mappings, the key of MyBatis's local cache lacks the values. That cache is emptied
      // after each statement, but a ResultHandler must not run a statement with lists.
      return new BoundSql(configuration, sql.toString(), List.of(), parameters);
    }

    /** The values of all placeholders, in order. */
    List<Object> values(Object parameters) {
      List<Object> values = new ArrayList<>();
      for (String name : names) {
        Object value = value(parameters, name);
        if (value instanceof Collection<?> list) {
          values.addAll(list);
        } else {
          values.add(value);
        }
      }
      return values;
    }

    private static Object value(Object parameters, String name) {
      return Objects.requireNonNull(((Map<?, ?>) parameters).get(name), name);
    }
  }

  private record Values(Object parameters, List<Object> values) implements ParameterHandler {
    @Override
    public Object getParameterObject() {
      return parameters;
    }

    @Override
    public void setParameters(PreparedStatement statement) throws SQLException {
      for (int i = 0; i < values.size(); i++) {
        statement.setObject(i + 1, values.get(i));
      }
    }
  }
}
