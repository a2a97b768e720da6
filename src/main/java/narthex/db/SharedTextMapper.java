package narthex.db;

import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.jspecify.annotations.Nullable;

/** Statements on the table shared_text. */
interface SharedTextMapper {
  @Insert(
      """
      insert into shared_text (name, value) values (#{name}, #{value})
      on conflict (name) do nothing
      """)
  void add(@Param("name") String name, @Param("value") String value);

  @Insert(
      """
      insert into shared_text (name, value) values (#{name}, #{value})
      on conflict (name) do update set value = excluded.value
      """)
  void replace(@Param("name") String name, @Param("value") String value);

  @Select("select value from shared_text where name = #{name}")
  @Nullable String find(@Param("name") String name);
}
