package narthex.db;

import java.util.List;
import org.apache.ibatis.annotations.Delete;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.annotations.Update;

/** Statements on the tables nar and representation. */
interface NarMapper {
  String ROWS =
      """
      select n.nar_hash, n.nar_size, n.stored_at, r.form, r.compression, r.file_hash, r.file_size,
        r.extents, r.frames_hash
      from nar n join representation r on r.nar_hash = n.nar_hash\s
      """;

  @Select(ROWS + "where n.nar_hash = #{narHash} order by r.nth")
  List<FoundRepresentation> findRows(@Param("narHash") String narHash);

  /** Finds all rows of a NAR, in the order in which its forms were stored. */
  default List<RepresentationColumns> find(String narHash) {
    return findRows(narHash).stream().map(FoundRepresentation::columns).toList();
  }

  /**
   * Inserts the row, or updates the time of an existing one; locks it in both cases. A new NAR
   * counts as used.
   */
  @Insert(
      """
      insert into nar (nar_hash, nar_size, stored_at, used_at)
      values (#{narHash}, #{narSize}, #{storedAt}, #{storedAt} / 60000)
      on conflict (nar_hash) do update set stored_at = excluded.stored_at
      """)
  void storeNar(RepresentationColumns row);

  /**
   * Adds a representation after the existing ones. The caller must hold the lock of the NAR's row.
   */
  @Insert(
      """
      insert into representation
        (nar_hash, form, compression, file_hash, file_size, extents, nth)
      select #{narHash}, #{form}, #{compression}, #{fileHash}, #{fileSize}, #{extents},
        coalesce(max(nth), 0) + 1
      from representation where nar_hash = #{narHash}
      on conflict (nar_hash, form, compression) do nothing
      """)
  int storeRepresentation(RepresentationColumns row);

  /**
   * Marks the NAR's whole files as superseded if it has chunks. The caller must hold the lock of
   * the NAR's row.
   */
  @Update(
      """
      update representation set superseded_at = #{storedAt}
      where nar_hash = #{narHash} and form = 'whole' and superseded_at is null and exists (
        select 1 from representation c where c.nar_hash = #{narHash} and c.form = 'chunked')
      """)
  void supersede(RepresentationColumns row);

  /** Unmarks superseded files, after the chunks were deleted. The caller must hold the lock. */
  @Update("update representation set superseded_at = null where nar_hash = #{narHash}")
  void needWhole(@Param("narHash") String narHash);

  /** Locks the NAR's row until the end of the transaction; returns 0 if there is none. */
  @Update("update nar set nar_size = nar_size where nar_hash = #{narHash}")
  int lockNar(@Param("narHash") String narHash);

  @Delete(
      """
      delete from representation
      where nar_hash = #{narHash} and form = #{form} and compression = #{compression}
        and file_hash = #{fileHash} and file_size = #{fileSize} and extents = #{extents}
      """)
  int deleteRepresentation(RepresentationColumns row);

  @Delete(
      """
      delete from nar where nar_hash = #{narHash}
        and not exists (select 1 from representation where nar_hash = #{narHash})
      """)
  int deleteNarIfEmpty(@Param("narHash") String narHash);

  @Select(
      """
      select count(*) from representation
      where nar_hash = #{narHash} and form = #{form} and compression = #{compression}
      """)
  int count(RepresentationColumns row);

  @Delete("delete from representation where nar_hash = #{narHash}")
  void deleteRepresentations(@Param("narHash") String narHash);

  @Select(
      """
      select n.nar_hash from nar n
      where n.nar_hash > #{after} and n.stored_at < #{storedBefore}
        and not exists (select 1 from narinfo i where i.nar_hash = n.nar_hash)
      order by n.nar_hash limit #{most}
      """)
  List<String> findUnnamed(
      @Param("storedBefore") long storedBefore,
      @Param("after") String after,
      @Param("most") int most);

  @Select("select 1")
  int one();
}
