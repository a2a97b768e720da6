package narthex.db;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/**
 * The rows: what was said of store paths, and what is stored of NARs. Identity of a NAR is its
 * NarHash. Safe for use by several threads, and several replicas may share one PostgreSQL.
 *
 * <p>Empty means that there surely is no such row; whatever keeps the database from answering is an
 * {@link IOException} ({@link DatabaseException}).
 */
public final class Database implements AutoCloseable {
  /** Store paths with the same contents are few; a bound keeps one answer small all the same. */
  private static final int MOST_NARINFOS_OF_A_NAR = 64;

  /** Parameters of one statement: far below what either database takes. */
  private static final int PATHS_AT_ONCE = 500;

  private final ConnectionPool pool;
  private final Transactions transactions;
  private final DocumentTable documents;
  private final ChunkTable chunks;
  private final ChunkingQueue chunkingQueue;
  private final GarbageTable garbage;

  private Database(ConnectionPool pool, @Nullable DiskReserve reserve) {
    this.pool = pool;
    this.transactions = new Transactions(pool.connections(), reserve);
    this.documents = new DocumentTable(transactions);
    this.chunks = new ChunkTable(transactions);
    this.chunkingQueue = new ChunkingQueue(transactions);
    this.garbage = new GarbageTable(transactions);
  }

  /**
   * Opens the database and brings its tables up to this version. The folder of an SQLite file is
   * made if it is missing. The caller closes the result.
   *
   * @throws DatabaseException if it cannot be reached, is neither SQLite nor PostgreSQL, or is of a
   *     newer Narthex
   */
  public static Database open(DatabaseSettings settings) throws IOException {
    DiskReserve reserve = DiskReserve.of(settings);
    Database database = over(ConnectionPool.open(settings), reserve);
    if (reserve != null) {
      reserve.keep();
    }
    return database;
  }

  /** Opens a database behind a data source that somebody else closes. */
  static Database over(DataSource connections, String place) throws IOException {
    return over(connections, place, null);
  }

  /** The same with room to release when rows are deleted on a full disk. */
  static Database over(DataSource connections, String place, @Nullable DiskReserve reserve)
      throws IOException {
    return over(new ConnectionPool(connections, null, place), reserve);
  }

  private static Database over(ConnectionPool pool, @Nullable DiskReserve reserve)
      throws IOException {
    try {
      new Migrations(Migrations.SCRIPTS).apply(pool.connections(), pool.place());
      return new Database(pool, reserve);
    } catch (IOException | RuntimeException e) {
      pool.close();
      throw e;
    }
  }

  /**
   * Finds what was said of a store path, by one indexed statement.
   *
   * @throws DatabaseException if the database cannot tell
   */
  public Optional<NarInfoRow> findNarInfo(StorePathHash hash) throws IOException {
    return transactions.single(
        "find narinfo",
        hash.text(),
        mappers ->
            Optional.ofNullable(mappers.narInfos().find(hash.text())).map(NarInfoColumns::row));
  }

  /**
   * Finds what was said of store paths with this NAR, last checked first, at most 64.
   *
   * @throws DatabaseException if the database cannot tell
   */
  public List<NarInfoRow> findNarInfosOf(Sha256 narHash) throws IOException {
    String key = narHash.nix32();
    return transactions.single(
        "find narinfos of nar",
        key,
        mappers ->
            mappers.narInfos().findOf(key, MOST_NARINFOS_OF_A_NAR).stream()
                .map(NarInfoColumns::row)
                .toList());
  }

  /**
   * Stores what an upstream said of a store path, in place of what was said before, and makes the
   * row's stem and the NarHash file names of its NAR. A stem that already names another NAR, or is
   * the NarHash of another, is not handed out: the row gets the NarHash as its stem. An uploaded
   * narinfo whose NAR is stored is not replaced: what an uploader was told is kept.
   *
   * @return the row as it is stored: perhaps with another stem, and its time to the millisecond; or
   *     the uploaded one that stays
   * @throws DatabaseException if it could not be stored; nothing is changed then
   */
  public NarInfoRow storeNarInfo(NarInfoRow row) throws IOException {
    return transactions.together(
        "store narinfo",
        row.said().storePath().hash().text(),
        mappers -> new StoreFetchedNarInfo(mappers, row).run());
  }

  /**
   * Stores an uploaded narinfo if its NAR is stored, in one transaction. One that is here already
   * and whose NAR is stored stays: it gets the signatures of this one if it has the same
   * fingerprint. What an upstream said stays as well, unless this one has a trusted signature.
   *
   * @param trustedKeyNames under these names it has only signatures that were verified
   * @throws DatabaseException if that could not be done; nothing is changed then
   */
  public UploadOutcome storeUploaded(NarInfoRow row, Set<String> trustedKeyNames)
      throws IOException {
    return transactions.together(
        "store uploaded narinfo",
        row.said().storePath().hash().text(),
        mappers -> new StoreUploadedNarInfo(mappers, row, trustedKeyNames).run());
  }

  /**
   * Finds which of these store paths have a narinfo whose NAR is stored.
   *
   * @return their full paths, as the narinfos say them
   * @throws DatabaseException if the database cannot tell
   */
  public Set<String> findStoredPaths(List<StorePathHash> hashes) throws IOException {
    Set<String> stored = new HashSet<>();
    for (int from = 0; from < hashes.size(); from += PATHS_AT_ONCE) {
      List<String> some =
          hashes.subList(from, Math.min(hashes.size(), from + PATHS_AT_ONCE)).stream()
              .map(StorePathHash::text)
              .toList();
      stored.addAll(
          transactions.single(
              "find stored paths", some.get(0), mappers -> mappers.narInfos().findStored(some)));
    }
    return stored;
  }

  /**
   * Makes the hash of a file the name of the NAR in it, which no claim made by a narinfo outweighs.
   *
   * @param stem the hash as the file's name has it
   * @return false, and nothing is changed, if another NAR has that name with the same right
   * @throws DatabaseException if that could not be done; nothing is changed then
   */
  public boolean nameFile(String stem, Sha256 fileHash, Sha256 narHash) throws IOException {
    String nar = narHash.nix32();
    return transactions.together(
        "name file",
        stem,
        mappers -> {
          NarInfoMapper narInfos = mappers.narInfos();
          narInfos.registerFile(stem, fileHash.nix32(), nar);
          boolean named = nar.equals(narInfos.findNar(stem));
          if (named) {
            narInfos.takeBack(stem, nar);
          }
          return named;
        });
  }

  /**
   * Deletes a narinfo, if there is one, unless its NAR is stored (by now).
   *
   * @throws DatabaseException if it could not be deleted
   */
  public void forgetNarInfo(StorePathHash hash) throws IOException {
    transactions.freeing(
        "forget narinfo",
        hash.text(),
        mappers -> mappers.narInfos().deleteUnlessStored(hash.text()));
  }

  /**
   * Makes a fetched narinfo one that was last said at {@link NarInfoRow#NEVER}, unless it was
   * replaced meanwhile.
   *
   * @throws DatabaseException if that could not be done
   */
  public void outdateNarInfo(NarInfoRow row) throws IOException {
    transactions.together(
        "outdate narinfo",
        row.said().storePath().hash().text(),
        mappers -> mappers.narInfos().outdate(row));
  }

  /**
   * Deletes a narinfo, if there is one. The file names of its NAR stay: clients remember them.
   *
   * @throws DatabaseException if it could not be deleted
   */
  public void deleteNarInfo(StorePathHash hash) throws IOException {
    transactions.freeing(
        "delete narinfo", hash.text(), mappers -> mappers.narInfos().delete(hash.text()));
  }

  /**
   * Finds the NAR that a file name was ever handed out for. A name that is the NarHash of a known
   * NAR always means that NAR. By one indexed statement.
   *
   * @param stem the file name before {@code .nar}
   * @throws DatabaseException if the database cannot tell
   */
  public Optional<Sha256> findNarByFileName(String stem) throws IOException {
    return transactions.single(
        "find file name",
        stem,
        mappers -> Optional.ofNullable(mappers.narInfos().findNar(stem)).map(Sha256::parseNix32));
  }

  /**
   * Finds how a NAR is stored, by one indexed statement; empty if it is not.
   *
   * @throws DatabaseException if the database cannot tell
   */
  public Optional<StoredNar> findNar(Sha256 narHash) throws IOException {
    String key = narHash.nix32();
    return transactions.single(
        "find nar",
        key,
        mappers -> {
          List<RepresentationColumns> rows = mappers.nars().find(key);
          return rows.isEmpty() ? Optional.empty() : Optional.of(RepresentationColumns.nar(rows));
        });
  }

  /**
   * Stores how a NAR is stored, after its bytes. The NAR's own hash becomes a file name of it.
   *
   * @param storedAt when; renewed also if nothing is stored, so that no sweep takes what was just
   *     put
   * @return false, and nothing else is changed, if there is one of this form and compression
   *     already
   * @throws DatabaseException if it could not be stored; nothing is changed then
   */
  public boolean storeRepresentation(NarId nar, Representation representation, Instant storedAt)
      throws IOException {
    RepresentationColumns columns = RepresentationColumns.of(nar, representation, storedAt);
    return transactions.together(
        "store nar",
        columns.narHash(),
        mappers -> {
          mappers.nars().storeNar(columns);
          boolean stored = mappers.nars().storeRepresentation(columns) > 0;
          if (stored) {
            mappers.nars().supersede(columns);
            mappers.narInfos().nameItself(columns.narHash());
          }
          return stored;
        });
  }

  /**
   * Stores a NAR as chunks, after their packs, like {@link #storeRepresentation}. Where another
   * writer stored a chunk first, the manifest gets that one, so that the frames, and with them the
   * file size, may have another length than they were said to have.
   *
   * @param newChunks those not found before, each once, in the order of their hashes
   * @param parts the whole manifest; both may be run through several times
   * @throws ChunksCondemnedException if a chunk was condemned since it was found; nothing is
   *     changed then
   * @throws DatabaseException if it could not be stored; nothing is changed then, unless
   *     {@linkplain DatabaseException#isOutcomeUnknown that is not known}
   */
  public boolean storeChunked(
      NarId nar,
      Iterable<ChunkPlace> newChunks,
      Iterable<ManifestPart> parts,
      Representation representation,
      Instant storedAt)
      throws IOException {
    RepresentationColumns columns = RepresentationColumns.of(nar, representation, storedAt);
    try {
      return transactions.together(
          "store chunked nar",
          columns.narHash(),
          mappers -> new StoreChunkedNar(mappers, columns).run(newChunks, parts));
    } catch (UncheckedIOException refused) {
      throw refused.getCause();
    }
  }

  /**
   * Deletes how a NAR is stored, if it still is stored exactly so, and lists its blobs as garbage;
   * and deletes the NAR's row when no representation is left.
   *
   * @param deleteAfter when the blobs may be deleted
   * @return false, and nothing is changed, if it is not stored so
   * @throws DatabaseException if it could not be deleted; nothing is changed then
   */
  public boolean deleteRepresentation(
      Sha256 narHash, Representation representation, Instant deleteAfter) throws IOException {
    RepresentationColumns columns =
        RepresentationColumns.of(new NarId(narHash, 1), representation, Instant.EPOCH);
    return transactions.freeing(
        "delete nar",
        columns.narHash(),
        mappers -> new DeleteRepresentation(mappers, columns).run(deleteAfter));
  }

  /** The rows of chunks; usable until this is closed. */
  public ChunkTable chunks() {
    return chunks;
  }

  /** What waits to be chunked, hashed or deleted; usable until this is closed. */
  public ChunkingQueue chunkingQueue() {
    return chunkingQueue;
  }

  /** The rows of documents; usable until this is closed. */
  public DocumentTable documents() {
    return documents;
  }

  /** The blobs that wait to be deleted; usable until this is closed. */
  public GarbageTable garbage() {
    return garbage;
  }

  /**
   * Deletes a NAR that no narinfo is of, and lists its blobs as garbage. A narinfo that is being
   * uploaded and this wait for each other.
   *
   * @param deleteAfter when the blobs may be deleted
   * @return false, and nothing is changed, if it is not stored or a narinfo is of it
   * @throws DatabaseException if it could not be deleted; nothing is changed then
   */
  public boolean deleteUnnamedNar(Sha256 narHash, Instant deleteAfter) throws IOException {
    String key = narHash.nix32();
    return transactions.freeing(
        "delete unnamed nar", key, mappers -> new DeleteUnnamedNar(mappers, key).run(deleteAfter));
  }

  /**
   * Finds NARs that no narinfo is of, in the order of their hashes.
   *
   * @param storedBefore only those last put before this time
   * @param after only those with greater hashes; empty from the first on
   * @param most how many at most
   * @throws DatabaseException if the database cannot tell
   */
  public List<Sha256> findUnnamedNars(Instant storedBefore, Optional<Sha256> after, int most)
      throws IOException {
    String start = after.map(Sha256::nix32).orElse("");
    return transactions.single(
        "find unnamed nars",
        start,
        mappers ->
            mappers.nars().findUnnamed(storedBefore.toEpochMilli(), start, most).stream()
                .map(Sha256::parseNix32)
                .toList());
  }

  /**
   * Asks the database for a sign of life.
   *
   * @throws DatabaseException if there is none
   */
  public void ping() throws IOException {
    transactions.single("ping database", pool.place(), mappers -> mappers.nars().one());
  }

  /** Closes the connections and stops every thread, unless the container owns them. */
  @Override
  public void close() {
    pool.close();
  }
}
