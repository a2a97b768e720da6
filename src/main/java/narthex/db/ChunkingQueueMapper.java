package narthex.db;

import java.util.List;
import org.apache.ibatis.annotations.Delete;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.annotations.Update;

/** Statements on the queues of the background jobs. Each of the three queues has an index. */
interface ChunkingQueueMapper {
  @Select(
      """
      select distinct nar_hash from representation
      where form = 'whole' and superseded_at is null and nar_hash > #{after}
      order by nar_hash limit #{most}
      """)
  List<String> findUnchunked(@Param("after") String after, @Param("most") int most);

  @Select(
      """
      select count(distinct nar_hash) from representation
      where form = 'whole' and superseded_at is null
      """)
  long countUnchunked();

  @Select(
      """
      select nar_hash from representation
      where form = 'chunked' and nar_hash > #{after}
      order by nar_hash limit #{most}
      """)
  List<String> findChunked(@Param("after") String after, @Param("most") int most);

  @Select("select count(*) from representation where form = 'chunked'")
  long countChunked();

  @Select(
      """
      select nar_hash from representation
      where form = 'chunked' and frames_hash is null and nar_hash > #{after}
      order by nar_hash limit #{most}
      """)
  List<String> findUnhashed(@Param("after") String after, @Param("most") int most);

  @Select(
      """
      select distinct nar_hash from representation
      where superseded_at is not null and superseded_at < #{before} and nar_hash > #{after}
      order by nar_hash limit #{most}
      """)
  List<String> findSuperseded(
      @Param("before") long before, @Param("after") String after, @Param("most") int most);

  @Select(
      NarMapper.ROWS
          + """
      where n.nar_hash = #{narHash} and r.form = 'whole' and r.superseded_at < #{before}
        and exists (
          select 1 from representation c where c.nar_hash = #{narHash} and c.form = 'chunked')
      order by r.nth
      """)
  List<FoundRepresentation> findSupersededOf(
      @Param("narHash") String narHash, @Param("before") long before);

  @Delete(
      """
      delete from representation
      where nar_hash = #{narHash} and form = #{form} and compression = #{compression}
      """)
  void delete(RepresentationColumns row);

  @Select("select rewritten from chunking where id = 1")
  long rewritten();

  /** Locks the row of the count until the end of the transaction. */
  @Update("update chunking set rewritten = rewritten where id = 1")
  void lockRewritten();

  @Update("update chunking set rewritten = rewritten + 1 where id = 1")
  void countRewritten();

  /** Finds manifest parts of NARs that have a hash of their frames, in order, after this part. */
  @Select(
      """
      select p.nar_hash, p.part, p.nar_offset, p.frames_offset, p.length, p.frames_length,
        p.numbers
      from manifest_part p
      join representation r on r.nar_hash = p.nar_hash
        and r.form = 'chunked' and r.frames_hash is not null
      where (p.nar_hash, p.part) > (#{narHash}, #{part})
      order by p.nar_hash, p.part limit #{most}
      """)
  List<ManifestPartColumns> findHashedParts(
      @Param("narHash") String narHash, @Param("part") int part, @Param("most") int most);

  @Update(
      """
      update representation set frames_hash = null where nar_hash = #{narHash} and form = 'chunked'
      """)
  void forgetFramesHash(@Param("narHash") String narHash);

  @Update(
      """
      update representation set frames_hash = #{framesHash}
      where nar_hash = #{narHash} and form = 'chunked' and file_size = #{fileSize}
      """)
  int storeFramesHash(RepresentationColumns row);
}
