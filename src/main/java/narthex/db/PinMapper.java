package narthex.db;

import java.util.Collection;
import java.util.List;
import org.apache.ibatis.annotations.Delete;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.annotations.Update;
import org.jspecify.annotations.Nullable;

/** Statements on the tables pin and pin_path. */
interface PinMapper {
  /** The references of the path are to be added. */
  int TO_FOLLOW = 0;

  /** The references of the path have been added. */
  int FOLLOWED = 1;

  /** The path has no narinfo yet. */
  int UNKNOWN = 2;

  /** The path has no narinfo, and no upstream gave one. */
  int UNAVAILABLE = 3;

  /** A pin. */
  record PinColumns(
      String pathHash, @Nullable String name, long createdAt, @Nullable Long expiresAt) {}

  /**
   * A pin and what it keeps.
   *
   * @param storePath its full store path; null if unknown
   */
  record ListedPinColumns(
      String pathHash,
      @Nullable String name,
      long createdAt,
      @Nullable Long expiresAt,
      @Nullable String storePath,
      long paths,
      long unknown,
      long missing) {}

  /** The counts of one closure. */
  record ClosureColumns(long paths, long unknown, long missing) {}

  /**
   * What a narinfo refers to.
   *
   * @param refs base names of store paths, joined by spaces
   */
  record ReferenceColumns(String storePathHash, String refs) {}

  /** Counts of the rows m of a closure: all paths, those without narinfo, those without NAR. */
  String COUNTS =
      """
       count(*) as paths, count(case when m.state > 1 then 1 end) as unknown,
        count(case when not exists (
          select 1 from narinfo i join nar n on n.nar_hash = i.nar_hash
          where i.store_path_hash = m.path_hash) then 1 end) as missing
      """;

  @Insert(
      """
      insert into pin (path_hash, name, created_at, expires_at)
      values (#{pathHash}, #{name}, #{createdAt}, #{expiresAt})
      on conflict (path_hash) do update
        set name = excluded.name, expires_at = excluded.expires_at
      """)
  void store(PinColumns pin);

  @Select(
      """
      select p.path_hash, p.name, p.created_at, p.expires_at from pin p
      join pin_path m on m.pin = p.path_hash
      where m.path_hash = #{hash} order by p.path_hash <> #{hash}, p.path_hash limit 1
      """)
  @Nullable PinColumns findKeeper(@Param("hash") String hash);

  @Select(
      "select p.path_hash, p.name, p.created_at, p.expires_at, i.store_path,"
          + " c.paths, c.unknown, c.missing from pin p join (select m.pin,"
          + COUNTS
          + """
           from pin_path m group by m.pin) c on c.pin = p.path_hash
          left join narinfo i on i.store_path_hash = p.path_hash
          where p.expires_at is null or p.expires_at > #{now}
          order by p.created_at, p.path_hash
          """)
  List<ListedPinColumns> list(@Param("now") long now);

  @Select("select" + COUNTS + "from pin_path m where m.pin = #{pin}")
  ClosureColumns count(@Param("pin") String pin);

  /** Ends a pin that hasn't ended; returns 0 if there is none. */
  @Update(
      """
      update pin set expires_at = 0
      where path_hash = #{pin} and (expires_at is null or expires_at > #{now})
      """)
  int end(@Param("pin") String pin, @Param("now") long now);

  @Select("select path_hash from pin where expires_at <= #{now} limit 1")
  @Nullable String findExpired(@Param("now") long now);

  /** Locks a pin until the end of the transaction; returns 0 if there is none. */
  @Update("update pin set created_at = created_at where path_hash = #{pin}")
  int lock(@Param("pin") String pin);

  /** Locks a pin if it has expired; else returns 0. */
  @Update(
      "update pin set created_at = created_at where path_hash = #{pin} and expires_at <= #{now}")
  int lockExpired(@Param("pin") String pin, @Param("now") long now);

  @Delete(
      """
      delete from pin_path where pin = #{pin} and path_hash in
        (select path_hash from pin_path where pin = #{pin} limit #{most})
      """)
  int deletePaths(@Param("pin") String pin, @Param("most") int most);

  @Delete("delete from pin where path_hash = #{pin}")
  void delete(@Param("pin") String pin);

  /** Adds a path, whose references are to be followed. */
  @Insert(
      """
      insert into pin_path (pin, path_hash, state) values (#{pin}, #{hash}, 0)
      on conflict do nothing
      """)
  void add(@Param("pin") String pin, @Param("hash") String hash);

  /** Adds paths that aren't in the closure yet, and returns those. */
  @Select(
      """
      <script>
      insert into pin_path (pin, path_hash, state) values
        <foreach collection="hashes" item="hash" separator=",">
          (#{pin}, #{hash}, #{state})
        </foreach>
      on conflict do nothing returning path_hash
      </script>
      """)
  List<String> addNew(
      @Param("pin") String pin,
      @Param("hashes") Collection<String> hashes,
      @Param("state") int state);

  @Update("update pin_path set state = #{state} where pin = #{pin} and path_hash in (#{hashes...})")
  void setState(
      @Param("pin") String pin,
      @Param("hashes") Collection<String> hashes,
      @Param("state") int state);

  /** Of these paths, marks those as unavailable that are still unknown. */
  @Update(
      "update pin_path set state = 3 where pin = #{pin} and state = 2"
          + " and path_hash in (#{hashes...})")
  void giveUp(@Param("pin") String pin, @Param("hashes") Collection<String> hashes);

  /** Follows the references of all paths of a closure again. */
  @Update("update pin_path set state = 0 where pin = #{pin} and state <> 0")
  void followAll(@Param("pin") String pin);

  /**
   * Follows the references of a path again, in all closures, because its narinfo was stored. Locks
   * its rows even if they change nothing, so that {@link FollowReferences} sees this narinfo.
   */
  @Update("update pin_path set state = 0 where path_hash = #{hash}")
  void followAgain(@Param("hash") String hash);

  /** Follows the references of paths that were unknown and have a narinfo now. */
  @Update(
      """
      update pin_path set state = 0 where state > 1 and exists (
        select 1 from narinfo i where i.store_path_hash = pin_path.path_hash)
      """)
  void followKnown();

  /** Finds a pin whose closure isn't complete. */
  @Select("select pin from pin_path where state = 0 limit 1")
  @Nullable String findIncomplete();

  @Select(
      """
      select path_hash from pin_path where pin = #{pin} and state = 0
      order by path_hash limit #{most}
      """)
  List<String> findToFollow(@Param("pin") String pin, @Param("most") int most);

  @Select(
      """
      select path_hash from pin_path where pin = #{pin} and state > 1 and state = 2
      order by path_hash limit #{most}
      """)
  List<String> findUnknown(@Param("pin") String pin, @Param("most") int most);

  /** Finds paths with a narinfo whose NAR isn't stored. */
  @Select(
      """
      select m.path_hash from pin_path m join narinfo i on i.store_path_hash = m.path_hash
      where m.pin = #{pin} and m.path_hash > #{after}
        and not exists (select 1 from nar n where n.nar_hash = i.nar_hash)
      order by m.path_hash limit #{most}
      """)
  List<String> findWithoutNar(
      @Param("pin") String pin, @Param("after") String after, @Param("most") int most);

  @Select("select store_path_hash, refs from narinfo where store_path_hash in (#{hashes...})")
  List<ReferenceColumns> findReferences(@Param("hashes") Collection<String> hashes);

  /** Whether a narinfo of the NAR is in a closure, or a closure isn't complete. */
  default boolean mayBePinned(String narHash) {
    return findIncomplete() != null || countPinned(narHash) > 0;
  }

  @Select(
      """
      select count(*) from narinfo i join pin_path p on p.path_hash = i.store_path_hash
      where i.nar_hash = #{narHash}
      """)
  int countPinned(@Param("narHash") String narHash);
}
