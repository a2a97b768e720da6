package narthex.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.apache.ibatis.mapping.SqlSource;
import org.apache.ibatis.session.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListLanguageTest {
  private static SqlSource parse(String script) {
    return new ListLanguage().createSqlSource(new Configuration(), script, Map.class);
  }

  @Test
  void aListBecomesAsManyPlaceholdersAsItHasElements() {
    SqlSource source = parse("delete from t where a = #{a} and n in (#{numbers...}) and b = #{b}");

    for (List<Long> numbers : List.of(List.of(7L), List.of(7L, 8L, 9L))) {
      String sql = source.getBoundSql(Map.of("a", 1, "numbers", numbers, "b", "x")).getSql();
      String places = numbers.size() == 1 ? "?" : "?,?,?";
      assertEquals("delete from t where a = ? and n in (" + places + ") and b = ?", sql);
    }
  }

  @Test
  void anEmptyListIsRefused() {
    SqlSource source = parse("select 1 from t where n in (#{numbers...})");

    Map<String, List<Long>> none = Map.of("numbers", List.of());
    assertEquals(
        "no elements: numbers",
        assertThrows(IllegalArgumentException.class, () -> source.getBoundSql(none)).getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "select 1 from t where a = #{row.a} and n in (#{numbers...})",
        "<script>select 1 from t where n in (#{numbers...})</script>"
      })
  void otherParametersAreRefusedBesideAList(String script) {
    assertThrows(IllegalArgumentException.class, () -> parse(script));
  }
}
