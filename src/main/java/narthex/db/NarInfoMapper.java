package narthex.db;

import java.util.List;
import org.apache.ibatis.annotations.Delete;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.annotations.Update;
import org.jspecify.annotations.Nullable;

/** Statements on the tables narinfo and file_name. */
interface NarInfoMapper {
  String COLUMNS =
      "store_path_hash, store_path, url, compression, file_hash, file_size, nar_hash, nar_size,"
          + " refs, deriver, sigs, ca, upstream, stem, checked_at";

  @Select("select " + COLUMNS + " from narinfo where store_path_hash = #{hash}")
  @Nullable FoundNarInfo find(@Param("hash") String hash);

  @Select(
      "select "
          + COLUMNS
          + " from narinfo where nar_hash = #{narHash}"
          + " order by checked_at desc, store_path_hash limit #{most}")
  List<FoundNarInfo> findOf(@Param("narHash") String narHash, @Param("most") int most);

  @Insert(
      """
      insert into narinfo (store_path_hash, store_path, url, compression, file_hash, file_size,
        nar_hash, nar_size, refs, deriver, sigs, ca, upstream, stem, checked_at)
      values (#{storePathHash}, #{storePath}, #{url}, #{compression}, #{fileHash}, #{fileSize},
        #{narHash}, #{narSize}, #{refs}, #{deriver}, #{sigs}, #{ca}, #{upstream}, #{stem},
        #{checkedAt})
      on conflict (store_path_hash) do update set
        store_path = excluded.store_path, url = excluded.url, compression = excluded.compression,
        file_hash = excluded.file_hash, file_size = excluded.file_size,
        nar_hash = excluded.nar_hash, nar_size = excluded.nar_size, refs = excluded.refs,
        deriver = excluded.deriver, sigs = excluded.sigs, ca = excluded.ca,
        upstream = excluded.upstream, stem = excluded.stem, checked_at = excluded.checked_at
      """)
  void store(NarInfoColumns row);

  @Insert(
      """
      insert into narinfo (store_path_hash, store_path, url, compression, file_hash, file_size,
        nar_hash, nar_size, refs, deriver, sigs, ca, upstream, stem, checked_at)
      values (#{storePathHash}, #{storePath}, #{url}, #{compression}, #{fileHash}, #{fileSize},
        #{narHash}, #{narSize}, #{refs}, #{deriver}, #{sigs}, #{ca}, #{upstream}, #{stem},
        #{checkedAt})
      on conflict (store_path_hash) do nothing
      """)
  int storeIfAbsent(NarInfoColumns row);

  /** Finds a narinfo if it was uploaded and its NAR is stored. */
  @Select(
      "select "
          + COLUMNS
          + " from narinfo where store_path_hash = #{hash} and upstream is null"
          + " and exists (select 1 from nar where nar.nar_hash = narinfo.nar_hash)")
  @Nullable FoundNarInfo findUploaded(@Param("hash") String hash);

  /** Locks a narinfo until the end of the transaction. */
  @Update("update narinfo set stem = stem where store_path_hash = #{hash}")
  int lock(@Param("hash") String hash);

  /** Finds the store paths among these whose NAR is stored. */
  @Select(
      """
      select narinfo.store_path from narinfo join nar on nar.nar_hash = narinfo.nar_hash
      where narinfo.store_path_hash in (#{hashes...})
      """)
  List<String> findStored(@Param("hashes") List<String> hashes);

  /** Finds the narinfos of these store paths whose NAR is stored. */
  @Select(
      "select "
          + COLUMNS
          + " from narinfo where exists (select 1 from nar where nar.nar_hash = narinfo.nar_hash)"
          + " and store_path_hash in (#{hashes...})")
  List<FoundNarInfo> findComplete(@Param("hashes") List<String> hashes);

  @Update(
      """
      update narinfo set checked_at = #{checkedAt}
      where store_path_hash = #{hash} and nar_hash = #{narHash} and upstream is not null
      """)
  int setCheckedAt(
      @Param("hash") String hash,
      @Param("narHash") String narHash,
      @Param("checkedAt") long checkedAt);

  /** Sets the time of check to {@link NarInfoRow#NEVER}. */
  default int outdate(NarInfoRow row) {
    return setCheckedAt(
        row.said().storePath().hash().text(),
        row.said().nar().hash().nix32(),
        NarInfoRow.NEVER.toEpochMilli());
  }

  @Delete(
      """
      delete from narinfo where store_path_hash = #{hash}
        and not exists (select 1 from pin_path p where p.path_hash = #{hash})
      """)
  int deleteUnlessPinned(@Param("hash") String hash);

  @Select("select store_path from narinfo where nar_hash = #{narHash} limit 1")
  @Nullable String findPathOf(@Param("narHash") String narHash);

  @Delete(
      """
      delete from narinfo where store_path_hash = #{hash}
        and not exists (select 1 from nar where nar.nar_hash = narinfo.nar_hash)
        and not exists (select 1 from pin_path p where p.path_hash = #{hash})
      """)
  int deleteUnlessStored(@Param("hash") String hash);

  /** Registers a NarHash as file name of its NAR, even if it was an alias of another NAR before. */
  @Insert(
      """
      insert into file_name (stem, nar_hash) values (#{narHash}, #{narHash})
      on conflict (stem) do update set nar_hash = excluded.nar_hash
        where file_name.nar_hash <> excluded.nar_hash
      """)
  void registerOwnName(@Param("narHash") String narHash);

  /** Stops narinfos of other NARs from advertising this NarHash as file name. */
  @Update("update narinfo set stem = nar_hash where stem = #{narHash} and nar_hash <> #{narHash}")
  void takeBackOwnName(@Param("narHash") String narHash);

  /** Registers a NarHash as file name of its NAR, and of no other NAR. */
  default void nameItself(String narHash) {
    registerOwnName(narHash);
    takeBackOwnName(narHash);
  }

  @Insert(
      """
      insert into file_name (stem, nar_hash) values (#{stem}, #{narHash})
      on conflict (stem) do nothing
      """)
  void registerAlias(@Param("stem") String stem, @Param("narHash") String narHash);

  /**
   * Registers the hash of a file as file name of its NAR. Another NAR keeps the name only if that
   * is its NarHash or the hash of its stored file.
   */
  @Insert(
      """
      insert into file_name (stem, nar_hash) values (#{stem}, #{narHash})
      on conflict (stem) do update set nar_hash = excluded.nar_hash
        where file_name.nar_hash <> excluded.nar_hash and file_name.nar_hash <> file_name.stem
        and not exists (select 1 from representation
          where nar_hash = file_name.nar_hash and file_hash = #{fileHash})
      """)
  void registerFile(
      @Param("stem") String stem,
      @Param("fileHash") String fileHash,
      @Param("narHash") String narHash);

  /** Stops narinfos of other NARs from advertising this file name. */
  @Update("update narinfo set stem = nar_hash where stem = #{stem} and nar_hash <> #{narHash}")
  void takeBack(@Param("stem") String stem, @Param("narHash") String narHash);

  @Select("select nar_hash from file_name where stem = #{stem}")
  @Nullable String findNar(@Param("stem") String stem);
}
