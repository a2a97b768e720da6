package narthex.db;

import java.util.List;
import org.apache.ibatis.annotations.Select;

/** Statements that count all rows. */
interface StatisticsMapper {
  /**
   * Stored forms of one kind.
   *
   * @param files how many
   * @param bytes their length
   */
  record FormColumns(String form, String compression, long files, long bytes) {}

  @Select("select count(*) from narinfo")
  long countPaths();

  @Select("select count(*) from narinfo where upstream is null")
  long countUploads();

  @Select("select count(*) from nar")
  long countNars();

  @Select("select cast(coalesce(sum(nar_size), 0) as bigint) from nar")
  long sumNars();

  @Select(
      """
      select form, compression, count(*) as files,
        cast(coalesce(sum(file_size), 0) as bigint) as bytes
      from representation group by form, compression order by form, compression
      """)
  List<FormColumns> countForms();

  @Select("select cast(coalesce(sum(frames_length), 0) as bigint) from manifest_part")
  long sumManifests();

  @Select("select count(*) from chunk")
  long countChunks();

  @Select("select cast(coalesce(sum(stored_length), 0) as bigint) from chunk")
  long sumChunks();

  @Select("select count(*) from pin")
  long countPins();

  @Select("select count(*) from garbage")
  long countGarbage();
}
