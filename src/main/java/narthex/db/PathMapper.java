package narthex.db;

import java.util.List;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.jspecify.annotations.Nullable;

/** Statements that find store paths for an administrator. */
interface PathMapper {
  /**
   * A store path.
   *
   * @param refs its references, separated by spaces
   */
  record PathColumns(String storePathHash, String storePath, String refs) {}

  /**
   * A store path and its NAR.
   *
   * @param storePath null if no narinfo names the NAR
   * @param storedAt null if the NAR isn't stored
   * @param usedAt in minutes; null if the NAR isn't stored
   * @param uses in how many minutes it was used; null if the NAR isn't stored
   */
  record ShownColumns(
      @Nullable String storePath,
      String narHash,
      long narSize,
      @Nullable Long storedAt,
      @Nullable Long usedAt,
      @Nullable Long uses) {}

  String OF_NAR =
      """
      select (select i.store_path from narinfo i where i.nar_hash = n.nar_hash limit 1)
        as store_path, n.nar_hash, n.nar_size, n.stored_at, n.used_at, n.uses
      from nar n\s
      """;

  @Select(
      """
      select store_path_hash, store_path, refs from narinfo where store_path_hash > #{after}
      order by store_path_hash limit #{most}
      """)
  List<PathColumns> findAfter(@Param("after") String after, @Param("most") int most);

  @Select(
      """
      select store_path_hash from narinfo where store_path_hash between #{first} and #{last}
      order by store_path_hash limit #{most}
      """)
  List<String> findBetween(
      @Param("first") String first, @Param("last") String last, @Param("most") int most);

  @Select(
      """
      select i.store_path, i.nar_hash, i.nar_size, n.stored_at, n.used_at, n.uses
      from narinfo i left join nar n on n.nar_hash = i.nar_hash
      where i.store_path_hash in (#{hashes...})
      """)
  List<ShownColumns> show(@Param("hashes") List<String> hashes);

  @Select(
      OF_NAR
          + """
          where (n.nar_size, n.nar_hash) < (#{size}, #{narHash})
          order by n.nar_size desc, n.nar_hash desc limit #{most}
          """)
  List<ShownColumns> findLargest(
      @Param("size") long size, @Param("narHash") String narHash, @Param("most") int most);

  @Select(
      OF_NAR
          + """
          where (n.used_at, n.nar_hash) < (#{usedAt}, #{narHash})
          order by n.used_at desc, n.nar_hash desc limit #{most}
          """)
  List<ShownColumns> findUsed(
      @Param("usedAt") long usedAt, @Param("narHash") String narHash, @Param("most") int most);

  @Select(
      OF_NAR
          + """
          where (n.uses, n.nar_hash) < (#{uses}, #{narHash})
          order by n.uses desc, n.nar_hash desc limit #{most}
          """)
  List<ShownColumns> findMostUsed(
      @Param("uses") long uses, @Param("narHash") String narHash, @Param("most") int most);
}
