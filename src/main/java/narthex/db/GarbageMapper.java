package narthex.db;

import java.util.Collection;
import java.util.List;
import org.apache.ibatis.annotations.Delete;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.jspecify.annotations.Nullable;

/** Statements on the table garbage, and on references to blobs. */
interface GarbageMapper {
  @Insert(
      """
      insert into garbage (blob, delete_after) values (#{blob}, #{deleteAfter})
      on conflict (blob) do nothing
      """)
  int add(@Param("blob") String blob, @Param("deleteAfter") long deleteAfter);

  @Select(
      """
      select blob from garbage where blob > #{after} and delete_after <= #{now}
      order by blob limit #{most}
      """)
  List<String> findDue(
      @Param("now") long now, @Param("after") String after, @Param("most") int most);

  @Delete("delete from garbage where blob = #{blob}")
  void remove(@Param("blob") String blob);

  @Insert("insert into blob_owner (id, owner) values (1, #{owner}) on conflict (id) do nothing")
  void storeOwner(@Param("owner") String owner);

  @Select("select owner from blob_owner where id = 1")
  @Nullable String findOwner();

  @Select(
      """
      select distinct nar_hash from representation where form = 'whole' and nar_hash > #{after}
      order by nar_hash limit #{most}
      """)
  List<String> findNarsWithFiles(@Param("after") String after, @Param("most") int most);

  @Select("select count(distinct nar_hash) from representation where form = 'whole'")
  long countNarsWithFiles();

  @Select("select distinct pack from chunk where pack > #{after} order by pack limit #{most}")
  List<String> findAllPacks(@Param("after") String after, @Param("most") int most);

  @Select("select count(distinct pack) from chunk")
  long countPacks();

  @Select("select blob from garbage where blob in (#{blobs...})")
  List<String> findListed(@Param("blobs") Collection<String> blobs);

  @Select("select blob from document where blob in (#{blobs...})")
  List<String> findDocuments(@Param("blobs") Collection<String> blobs);

  @Select("select distinct pack from chunk where pack in (#{blobs...})")
  List<String> findPacks(@Param("blobs") Collection<String> blobs);

  @Select("select extents from representation where nar_hash in (#{hashes...})")
  List<ExtentList> findExtentsOfNars(@Param("hashes") Collection<String> hashes);

  @Select("select extents from representation where file_hash in (#{hashes...})")
  List<ExtentList> findExtentsOfFiles(@Param("hashes") Collection<String> hashes);
}
