package narthex.db;

import java.util.List;
import org.apache.ibatis.annotations.Delete;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.annotations.Update;
import org.jspecify.annotations.Nullable;

/** Statements on the table document. */
interface DocumentMapper {
  @Select(
      """
      select path, hash, size, blob, blob_size, upstream, stored_at
      from document where path = #{path}
      """)
  @Nullable DocumentColumns find(@Param("path") String path);

  @Select(
      """
      select path, hash, size, blob, blob_size, upstream, stored_at
      from document where path > #{after} order by path limit #{most}
      """)
  List<DocumentColumns> findPage(@Param("after") String after, @Param("most") int most);

  @Select("select count(*) from document")
  long count();

  @Insert(
      """
      insert into document (path, hash, size, blob, blob_size, upstream, stored_at)
      values (#{path}, #{hash}, #{size}, #{blob}, #{blobSize}, #{upstream}, #{storedAt})
      on conflict (path) do nothing
      """)
  int storeIfAbsent(DocumentColumns row);

  /** Inserts the row, or locks an existing one until the end of the transaction. */
  @Insert(
      """
      insert into document (path, hash, size, blob, blob_size, upstream, stored_at)
      values (#{path}, #{hash}, #{size}, #{blob}, #{blobSize}, #{upstream}, #{storedAt})
      on conflict (path) do update set path = excluded.path
      """)
  void storeOrLock(DocumentColumns row);

  @Update(
      """
      update document set hash = #{hash}, size = #{size}, blob = #{blob},
        blob_size = #{blobSize}, upstream = #{upstream}, stored_at = #{storedAt}
      where path = #{path}
      """)
  void replace(DocumentColumns row);

  @Delete("delete from document where path = #{path} and blob = #{blob}")
  int delete(DocumentColumns row);
}
