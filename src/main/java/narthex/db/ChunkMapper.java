package narthex.db;

import java.util.List;
import org.apache.ibatis.annotations.Delete;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.annotations.Update;
import org.jspecify.annotations.Nullable;

/** Statements on the tables chunk, chunking and manifest_part. */
interface ChunkMapper {
  String CHUNK =
      """
      select number, hash, pack, pack_offset, stored_length, length, frame_crc, group_stored,
        group_length, group_crc, group_at
      from chunk\s
      """;

  String PART =
      "select nar_hash, part, nar_offset, frames_offset, length, frames_length, numbers"
          + " from manifest_part ";

  @Select(
      CHUNK
          + """
          where condemned = 0 and hash in (#{hashes...})
          """)
  List<ChunkColumns> find(@Param("hashes") List<byte[]> hashes);

  @Select(CHUNK + "where number between #{first} and #{last}")
  List<ChunkColumns> findRun(NumberRun run);

  @Select(
      CHUNK
          + """
          where number in (#{numbers...})
          """)
  List<ChunkColumns> findNumbers(@Param("numbers") List<Long> numbers);

  /** Counts the chunks of a run that are not condemned. */
  @Select(
      """
      select count(*) from chunk where number between #{first} and #{last} and condemned = 0
      """)
  long countRun(NumberRun run);

  @Select(
      """
      select count(*) from chunk where condemned = 0 and number in (#{numbers...})
      """)
  long countNumbers(@Param("numbers") List<Long> numbers);

  @Update(
      """
      update chunk set condemned = condemned | 1 where number = #{number} and pack = #{pack}
      """)
  int condemn(@Param("number") long number, @Param("pack") String pack);

  @Update("update chunk set condemned = condemned | 1 where pack = #{pack}")
  int condemnPack(@Param("pack") String pack);

  @Select("select number from chunk where pack = #{pack} limit 1")
  @Nullable Long findInPack(@Param("pack") String pack);

  @Update("update chunking set next_number = next_number + #{count} where id = 1")
  void advance(@Param("count") int count);

  @Select("select next_number from chunking where id = 1")
  long nextNumber();

  @Select("select sizes from chunking where id = 1 and sizes is not null")
  @Nullable String findSizes();

  @Update("update chunking set sizes = #{sizes} where id = 1 and sizes is null")
  void storeSizes(@Param("sizes") String sizes);

  @Select("select codec from chunking where id = 1")
  @Nullable String findCodec();

  @Update("update chunking set codec = #{codec} where id = 1")
  void storeCodec(@Param("codec") String codec);

  @Insert(
      """
      insert into manifest_part
        (nar_hash, part, nar_offset, frames_offset, length, frames_length, numbers)
      values (#{narHash}, #{part}, #{narOffset}, #{framesOffset}, #{length}, #{framesLength},
        #{numbers})
      """)
  void storePart(ManifestPartColumns row);

  @Select(
      PART
          + "where nar_hash = #{narHash} and nar_offset <= #{offset}"
          + " order by nar_offset desc limit 1")
  @Nullable ManifestPartColumns findPart(
      @Param("narHash") String narHash, @Param("offset") long offset);

  @Select(
      PART
          + "where nar_hash = #{narHash} and frames_offset <= #{offset}"
          + " order by frames_offset desc limit 1")
  @Nullable ManifestPartColumns findPartOfFrames(
      @Param("narHash") String narHash, @Param("offset") long offset);

  @Delete("delete from manifest_part where nar_hash = #{narHash}")
  void deleteParts(@Param("narHash") String narHash);
}
