package narthex.db;

import java.util.Collection;
import java.util.List;
import narthex.db.CollectionTable.Replica;
import org.apache.ibatis.annotations.Delete;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Options;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.ResultType;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.annotations.Update;
import org.apache.ibatis.session.ResultHandler;

/** Statements for the collection of chunks. */
interface CollectionMapper {
  /**
   * The row of the table collection.
   *
   * @param pending 0 or 1
   * @param beganAt in milliseconds since the epoch
   * @param wanted 0 or 1
   */
  record StateColumns(long round, int pending, long beganAt, int wanted) {}

  @Select("select round, pending, began_at, wanted from collection where id = 1")
  StateColumns state();

  @Update("update collection set wanted = 1 where id = 1 and wanted = 0")
  void want();

  @Update("update collection set began_at = #{beganAt}, wanted = 0 where id = 1")
  void begin(@Param("beganAt") long beganAt);

  @Update("update collection set round = round + 1, pending = 1 where id = 1")
  void marked();

  @Update("update collection set pending = 0 where id = 1")
  void removed();

  @Insert(
      """
      insert into collection_replica (replica, passed, beats)
      values (#{replica}, #{passed}, #{now})
      on conflict (replica) do update set passed = excluded.passed,
        beats = case when excluded.beats > collection_replica.beats then excluded.beats
          else collection_replica.beats + 1 end
      """)
  void pass(@Param("replica") String replica, @Param("passed") long passed, @Param("now") long now);

  @Select("select replica, passed, beats from collection_replica")
  List<Replica> replicas();

  @Delete("delete from collection_replica where replica = #{replica}")
  void forget(@Param("replica") String replica);

  /** How many parts of manifests PostgreSQL's driver holds: at most a few megabytes. */
  int PARTS_AT_ONCE = 500;

  /** Reads the table in the order in which its rows are stored. */
  @Select("select numbers from manifest_part")
  @Options(fetchSize = PARTS_AT_ONCE)
  @ResultType(byte[].class)
  void readNumbers(ResultHandler<byte[]> numbers);

  /** Reads the index of the numbers only. */
  @Select(
      """
      select number from chunk where number > #{after} and number < #{end}
      order by number limit #{most}
      """)
  List<Long> findAll(@Param("after") long after, @Param("end") long end, @Param("most") int most);

  @Update(
      """
      update chunk set condemned = condemned | 2
      where condemned in (0, 1) and number in (#{numbers...})
      """)
  int mark(@Param("numbers") List<Long> numbers);

  @Select(
      """
      select number from chunk
      where number > #{after} and number < #{end} and condemned <> 0 and condemned in (2, 3)
      order by number limit #{most}
      """)
  List<Long> findMarked(
      @Param("after") long after, @Param("end") long end, @Param("most") int most);

  @Update(
      """
      update chunk set condemned = condemned - 2
      where condemned in (2, 3) and number in (#{numbers...})
      """)
  int unmark(@Param("numbers") List<Long> numbers);

  @Update(
      """
      update chunk set condemned = 0 where condemned = 2 and hash in (#{hashes...})
      """)
  int useAgain(@Param("hashes") List<byte[]> hashes);

  @Update("update chunk set condemned = 0 where condemned = 2 and number in (#{numbers...})")
  int useNumbersAgain(@Param("numbers") List<Long> numbers);

  @Delete("delete from chunk where condemned in (2, 3) and number in (#{numbers...})")
  int delete(@Param("numbers") List<Long> numbers);

  @Insert("insert into sparse_pack (pack) values (#{pack}) on conflict (pack) do nothing")
  void addSparse(@Param("pack") String pack);

  @Select("select pack from sparse_pack where pack > #{after} order by pack limit #{most}")
  List<String> findSparse(@Param("after") String after, @Param("most") int most);

  @Delete(
      """
      delete from sparse_pack where pack in (#{packs...})
      """)
  void removeSparse(@Param("packs") Collection<String> packs);

  @Select(
      ChunkMapper.CHUNK + "where pack = #{pack} and condemned = 0 order by pack_offset, group_at")
  List<ChunkColumns> findUsedInPack(@Param("pack") String pack);

  @Update(
      """
      update chunk set pack = #{to.pack}, pack_offset = #{to.packOffset},
        group_stored = #{to.groupStored}, group_length = #{to.groupLength},
        group_crc = #{to.groupCrc}, group_at = #{to.groupAt}
      where number = #{to.number} and pack = #{from}
      """)
  int move(@Param("from") String from, @Param("to") ChunkColumns to);
}
