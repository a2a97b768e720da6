package narthex.db;

import java.util.Collection;
import java.util.List;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.annotations.Update;

/** Statements on the last uses of NARs, and for eviction. */
interface UseMapper {
  /** The length of a stored frame; a chunk in a group counts for its part of the group's frame. */
  String STORED_ONE =
      """
      case when group_length = 0 then stored_length
        else cast(group_stored as bigint) * length / group_length end
      """;

  /** The length of stored frames. */
  String STORED = "cast(coalesce(sum(" + STORED_ONE + "), 0) as bigint) ";

  /** The length of a chunk's stored frame, or its part of it. */
  record ChunkBytes(long number, long bytes) {}

  /** Selects NARs with what eviction decides by. */
  String USED =
      """
      select n.nar_hash, n.stored_at, n.used_at,
        (select cast(coalesce(sum(r.file_size), 0) as bigint) from representation r
          where r.nar_hash = n.nar_hash and r.form = 'whole') as whole_bytes,
        (select count(*) from representation r
          where r.nar_hash = n.nar_hash and r.form = 'chunked') as chunked,
        (select count(*) from narinfo i
          where i.nar_hash = n.nar_hash and i.upstream is null) as uploaded,
        (select count(*) from narinfo i
          where i.nar_hash = n.nar_hash and i.upstream is not null) as fetched,
        (select count(*) from narinfo i join pin_path p on p.path_hash = i.store_path_hash
          where i.nar_hash = n.nar_hash) as pinned
      from nar n
      """;

  /**
   * A NAR, its last use, and what it consists of.
   *
   * @param wholeBytes length of its whole files
   * @param chunked how many chunked forms it has
   * @param uploaded how many of its narinfos were uploaded
   * @param fetched how many of its narinfos are from an upstream
   * @param pinned how many of its narinfos pins keep, each counted once for each pin
   */
  record UsedNarColumns(
      String narHash,
      long storedAt,
      long usedAt,
      long wholeBytes,
      long chunked,
      long uploaded,
      long fetched,
      long pinned) {}

  @Update(
      """
      update nar set used_at = #{usedAt}, uses = uses + 1
      where nar_hash = #{narHash} and used_at < #{usedAt}
      """)
  void use(@Param("narHash") String narHash, @Param("usedAt") long usedAt);

  @Select(
      USED
          + """
          where (n.used_at, n.nar_hash) > (#{usedAt}, #{narHash}) and n.used_at <= #{last}
          order by n.used_at, n.nar_hash limit #{most}
          """)
  List<UsedNarColumns> findAfter(
      @Param("usedAt") long usedAt,
      @Param("narHash") String narHash,
      @Param("last") long last,
      @Param("most") int most);

  @Select("select coalesce(max(used_at), 0) from nar")
  long lastUse();

  @Select(
      ChunkMapper.PART
          + """
          where nar_hash in (#{narHashes...})
          order by nar_hash, part
          """)
  List<ManifestPartColumns> findParts(@Param("narHashes") Collection<String> narHashes);

  @Select(
      "select "
          + STORED
          + """
          from chunk where number between #{first} and #{last}
          """)
  long sumRun(NumberRun run);

  @Select(
      "select "
          + STORED
          + """
          from chunk where number in (#{numbers...})
          """)
  long sumNumbers(@Param("numbers") List<Long> numbers);

  @Select(
      "select number, cast("
          + STORED_ONE
          + """
          as bigint) as bytes from chunk where number in (#{numbers...})
          """)
  List<ChunkBytes> findBytes(@Param("numbers") List<Long> numbers);

  /** Locks the NAR's row if it was neither stored nor used again; else returns 0. */
  @Update(
      """
      update nar set nar_size = nar_size
      where nar_hash = #{narHash} and stored_at = #{storedAt} and used_at = #{usedAt}
      """)
  int lockUnused(
      @Param("narHash") String narHash,
      @Param("storedAt") long storedAt,
      @Param("usedAt") long usedAt);
}
