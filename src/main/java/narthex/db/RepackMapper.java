package narthex.db;

import java.util.List;
import narthex.db.RepackTable.Candidate;
import org.apache.ibatis.annotations.Delete;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.annotations.Update;

/** Statements for packs that are compressed again. */
interface RepackMapper {
  @Select(
      """
      select number, pack from chunk
      where number > #{after} and condemned = 0 and not exists (
        select 1 from repacked where repacked.pack = chunk.pack and repacked.level >= #{level})
        and not exists (select 1 from sparse_pack where sparse_pack.pack = chunk.pack)
      order by number limit #{most}
      """)
  List<Candidate> find(
      @Param("after") long after, @Param("level") int level, @Param("most") int most);

  @Select("select count(*) from repacked where pack = #{pack} and level >= #{level}")
  int countDone(@Param("pack") String pack, @Param("level") int level);

  @Insert(
      """
      insert into repacked (pack, level) values (#{pack}, #{level})
      on conflict (pack) do update set level = excluded.level
      """)
  void done(@Param("pack") String pack, @Param("level") int level);

  @Delete("delete from repacked where pack = #{pack}")
  void forget(@Param("pack") String pack);

  @Select("select count(*) from (select pack from repacked limit 1) as one")
  int countSome();

  @Update(
      """
      update representation set frames_hash = null
      where form = 'chunked' and frames_hash is not null
      """)
  int forgetFramesHashes();
}
