package narthex.db;

import java.util.Set;
import org.apache.ibatis.annotations.Delete;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.jspecify.annotations.Nullable;

/** Statements on the table lease. */
interface LeaseMapper {
  /** Returns 0 if another holder has the lease. */
  @Insert(
      """
      insert into lease (name, holder, expires_at) values (#{name}, #{holder}, #{expiresAt})
      on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
      where lease.holder = excluded.holder or lease.expires_at <= #{now}
      """)
  int acquire(
      @Param("name") String name,
      @Param("holder") String holder,
      @Param("now") long now,
      @Param("expiresAt") long expiresAt);

  @Select("select holder from lease where name = #{name}")
  @Nullable String findHolder(@Param("name") String name);

  @Delete("delete from lease where name = #{name} and holder = #{holder}")
  void releaseOne(@Param("name") String name, @Param("holder") String holder);

  @Delete("delete from lease where holder = #{holder}")
  void release(@Param("holder") String holder);

  @Delete(
      """
      delete from lease where holder not in (#{holders...})
      """)
  void releaseAllBut(@Param("holders") Set<String> holders);
}
