package narthex.db;

import java.util.List;
import org.apache.ibatis.annotations.Delete;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.jspecify.annotations.Nullable;

/** Statements for the check of the store. */
interface FsckMapper {
  /**
   * A row of the table fsck.
   *
   * @param beganAt in milliseconds since the epoch
   */
  record PositionColumns(
      String name, String options, String step, String afterKey, long beganAt, String counts) {}

  @Select("select name, options, step, after_key, began_at, counts from fsck where name = #{name}")
  @Nullable PositionColumns find(@Param("name") String name);

  @Insert(
      """
      insert into fsck (name, options, step, after_key, began_at, counts)
      values (#{name}, #{options}, #{step}, #{afterKey}, #{beganAt}, #{counts})
      on conflict (name) do update set options = excluded.options, step = excluded.step,
        after_key = excluded.after_key, began_at = excluded.began_at, counts = excluded.counts
      """)
  void save(PositionColumns row);

  @Delete("delete from fsck where name = #{name}")
  void remove(@Param("name") String name);

  @Select(
      """
      select distinct pack from chunk where pack > #{after} and condemned in (0, 2)
      order by pack limit #{most}
      """)
  List<String> findPacks(@Param("after") String after, @Param("most") int most);

  @Select(
      ChunkMapper.CHUNK
          + """
          where pack = #{pack} and condemned in (0, 2)
            and (pack_offset, number) > (#{offset}, #{number})
          order by pack_offset, number limit #{most}
          """)
  List<ChunkColumns> findInPack(
      @Param("pack") String pack,
      @Param("offset") long offset,
      @Param("number") long number,
      @Param("most") int most);

  @Select(
      """
      select count(*) from chunk where condemned in (1, 3) and number in (#{numbers...})
      """)
  long countDamaged(@Param("numbers") List<Long> numbers);

  @Select(
      """
      select count(*) from chunk where condemned in (1, 3) and number between #{first} and #{last}
      """)
  long countDamagedRun(NumberRun run);

  @Select("select nar_hash from nar where nar_hash > #{after} order by nar_hash limit #{most}")
  List<String> findNars(@Param("after") String after, @Param("most") int most);

  /** Rows of NARs of which another row is missing. */
  String STRAY =
      """
      select nar_hash from representation
        where not exists (select 1 from nar where nar.nar_hash = representation.nar_hash)
      union select nar_hash from manifest_part
        where not exists (select 1 from representation r
          where r.nar_hash = manifest_part.nar_hash and r.form = 'chunked')
      union select nar_hash from nar
        where not exists (select 1 from representation r where r.nar_hash = nar.nar_hash)
      """;

  @Select(
      "select nar_hash from ("
          + STRAY
          + ") stray where nar_hash > #{after} order by nar_hash limit #{most}")
  List<String> findStray(@Param("after") String after, @Param("most") int most);

  @Select("select count(*) from (" + STRAY + ") stray where nar_hash = #{narHash}")
  int countStray(@Param("narHash") String narHash);

  @Select("select count(*) from nar where nar_hash = #{narHash}")
  int countNar(@Param("narHash") String narHash);

  @Select("select count(*) from representation where nar_hash = #{narHash} and form = 'chunked'")
  int countChunked(@Param("narHash") String narHash);

  /** NarSize as the narinfos of a NAR tell it; null if it has none. */
  @Select("select max(nar_size) from narinfo where nar_hash = #{narHash}")
  @Nullable Long sizeOf(@Param("narHash") String narHash);

  /** Length of all frames of a manifest; null if there is none. */
  @Select(
      """
      select cast(sum(frames_length) as bigint) from manifest_part where nar_hash = #{narHash}
      """)
  @Nullable Long framesLength(@Param("narHash") String narHash);

  @Insert(
      """
      insert into nar (nar_hash, nar_size, stored_at, used_at)
      values (#{narHash}, #{narSize}, #{storedAt}, #{storedAt} / 60000)
      on conflict (nar_hash) do nothing
      """)
  int restoreNar(
      @Param("narHash") String narHash,
      @Param("narSize") long narSize,
      @Param("storedAt") long storedAt);

  String LINKS =
      """
      select i.store_path_hash, i.nar_hash, i.nar_size, i.stem,
        case when i.upstream is null then 1 else 0 end as uploaded,
        (select n.nar_size from nar n where n.nar_hash = i.nar_hash) as stored_size,
        (select f.nar_hash from file_name f where f.stem = i.stem) as named,
        (select f.nar_hash from file_name f where f.stem = i.nar_hash) as itself
      from narinfo i
      """;

  @Select(
      "select store_path_hash from narinfo where store_path_hash > #{after}"
          + " order by store_path_hash limit #{most}")
  List<String> findNarInfos(@Param("after") String after, @Param("most") int most);

  @Select(LINKS + "where i.store_path_hash = #{hash}")
  @Nullable NarInfoLinks findLinks(@Param("hash") String hash);

  /** Counts the narinfos of other NARs that advertise a file name. */
  @Select("select count(*) from narinfo where stem = #{stem} and nar_hash <> #{narHash}")
  long countOtherClaims(@Param("stem") String stem, @Param("narHash") String narHash);

  @Select("select path from document where path > #{after} order by path limit #{most}")
  List<String> findDocuments(@Param("after") String after, @Param("most") int most);

  @Select(
      """
      select count(*) from (
        select 1 as one from nar union all select 1 from chunk union all select 1 from document
        limit 1) named
      """)
  int countSome();

  @Select("select count(*) from nar")
  long countNars();

  @Select("select count(*) from narinfo")
  long countNarInfos();

  @Select("select count(*) from document")
  long countDocuments();
}
