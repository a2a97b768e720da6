package narthex.db;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/**
 * The database: narinfos, stored NARs with their chunks, documents and garbage. Identifies NARs by
 * NarHash. Thread-safe; several replicas may share one PostgreSQL.
 *
 * <p>An empty result means that the row doesn't exist. Every failure of the database is a {@link
 * DatabaseException}.
 */
public final class Database implements AutoCloseable {
  /** Few store paths have the same NAR; the limit bounds the worst case. */
  private static final int MOST_NARINFOS_OF_A_NAR = 64;

  final ConnectionPool pool;
  final Transactions transactions;
  private final FileNameTable fileNames;
  private final DocumentTable documents;
  private final ChunkTable chunks;
  private final ChunkingQueue chunkingQueue;
  private final GarbageTable garbage;
  private final ClusterTable cluster;
  private final LeaseTable leases;
  private final UseTable uses;
  private final CollectionTable collection;
  private final PinTable pins;
  private final FsckTable fsck;
  private final StoredPaths storedPaths;

  private Database(ConnectionPool pool, @Nullable DiskReserve reserve) throws DatabaseException {
    this.pool = pool;
    this.transactions =
        new Transactions(pool.connections(), reserve, WriteTurns.of(pool.product()));
    this.fileNames = new FileNameTable(transactions);
    this.documents = new DocumentTable(transactions);
    this.chunks = new ChunkTable(transactions);
    this.chunkingQueue = new ChunkingQueue(transactions, fileNames);
    this.garbage = new GarbageTable(transactions);
    this.cluster = new ClusterTable(pool, transactions);
    this.leases = new LeaseTable(transactions);
    this.uses = new UseTable(transactions);
    this.collection = new CollectionTable(transactions);
    this.pins = new PinTable(transactions);
    this.fsck = new FsckTable(transactions, fileNames);
    this.storedPaths = new StoredPaths(transactions);
  }

  /**
   * Opens the database and migrates it to this version. Creates the folder of an SQLite file. The
   * caller closes the result.
   *
   * @throws DatabaseException if the database can't be reached, is neither SQLite nor PostgreSQL,
   *     or was migrated by a newer Narthex
   */
  public static Database open(DatabaseAddress address) throws IOException {
    DiskReserve reserve = DiskReserve.of(address);
    Database database = over(ConnectionPool.open(address), reserve);
    if (reserve != null) {
      reserve.keep();
    }
    return database;
  }

  /**
   * Opens a database from a data source, which the caller closes.
   *
   * @param reserve is released to delete rows on a full disk; null for none
   */
  static Database over(DataSource connections, String place, @Nullable DiskReserve reserve)
      throws IOException {
    return over(new ConnectionPool(connections, null, place), reserve);
  }

  static Database over(ConnectionPool pool, @Nullable DiskReserve reserve) throws IOException {
    try {
      new Migrations(Migrations.SCRIPTS).apply(pool.connections(), pool.place());
      return new Database(pool, reserve);
    } catch (IOException | RuntimeException e) {
      pool.close();
      throw e;
    }
  }

  /** Finds the narinfo of a store path, by one indexed statement. */
  public Optional<NarInfoRow> findNarInfo(StorePathHash hash) throws IOException {
    return transactions.single(
        "find narinfo",
        hash.text(),
        mappers ->
            Optional.ofNullable(mappers.narInfos().find(hash.text())).map(FoundNarInfo::row));
  }

  /**
   * Finds up to 64 narinfos with this NarHash, the last checked first.
   *
   * @throws DatabaseException if the query fails
   */
  public List<NarInfoRow> findNarInfosOf(Sha256 narHash) throws IOException {
    String key = narHash.nix32();
    return transactions.single(
        "find narinfos of nar",
        key,
        mappers ->
            mappers.narInfos().findOf(key, MOST_NARINFOS_OF_A_NAR).stream()
                .map(FoundNarInfo::row)
                .toList());
  }

  /**
   * Stores a narinfo from an upstream, replacing an earlier one, and registers the row's stem and
   * the NarHash as file names of the NAR. If the stem already names another NAR, or is the NarHash
   * of one, the row gets its own NarHash as stem instead. An uploaded narinfo whose NAR is stored
   * is never replaced.
   *
   * @return the stored row, possibly with another stem and with its time cut to milliseconds; or
   *     the uploaded row that was kept
   * @throws DatabaseException if storing fails; changes nothing then
   */
  public NarInfoRow storeNarInfo(NarInfoRow row) throws IOException {
    return fileNames.register(
        () ->
            transactions.together(
                "store narinfo",
                row.said().storePath().hash().text(),
                mappers -> new StoreFetchedNarInfo(mappers, row).run()),
        row.stem(),
        row.said().nar().hash().nix32());
  }

  /**
   * Stores an uploaded narinfo if its NAR is stored. An existing narinfo whose NAR is stored is
   * kept; if it has the same fingerprint, it gets the additional signatures. A narinfo from an
   * upstream is kept as well, unless the uploaded one has a trusted signature.
   *
   * @param trustedKeyNames trusted keys, whose signatures in the row the caller has verified
   * @throws DatabaseException if the transaction fails; changes nothing then
   */
  public UploadOutcome storeUploaded(NarInfoRow row, Set<String> trustedKeyNames)
      throws IOException {
    return fileNames.register(
        () ->
            transactions.together(
                "store uploaded narinfo",
                row.said().storePath().hash().text(),
                mappers -> new StoreUploadedNarInfo(mappers, row, trustedKeyNames).run()),
        row.stem(),
        row.said().nar().hash().nix32());
  }

  /**
   * Registers the hash of a verified file as a file name of the NAR in it.
   *
   * @see FileNameTable#nameFile
   */
  public boolean nameFile(String stem, Sha256 fileHash, Sha256 narHash) throws IOException {
    return fileNames.nameFile(stem, fileHash, narHash);
  }

  /**
   * Deletes a narinfo unless its NAR is stored, or a pin keeps the path.
   *
   * @throws DatabaseException if deleting fails
   */
  public void forgetNarInfo(StorePathHash hash) throws IOException {
    transactions.freeing(
        "forget narinfo",
        hash.text(),
        mappers -> mappers.narInfos().deleteUnlessStored(hash.text()));
  }

  /**
   * Marks a fetched narinfo as outdated, so that it will be fetched again: sets its time of check
   * to {@link NarInfoRow#NEVER}. Does nothing if it was replaced meanwhile.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void outdateNarInfo(NarInfoRow row) throws IOException {
    transactions.together(
        "outdate narinfo",
        row.said().storePath().hash().text(),
        mappers -> mappers.narInfos().outdate(row));
  }

  /**
   * Deletes a narinfo, unless a pin keeps the path. Keeps the file names of its NAR, because
   * clients cache narinfos.
   *
   * @return whether a narinfo was deleted
   * @throws DatabaseException if deleting fails
   */
  public boolean deleteNarInfo(StorePathHash hash) throws IOException {
    return transactions.freeing(
        "delete narinfo",
        hash.text(),
        mappers -> mappers.narInfos().deleteUnlessPinned(hash.text()) > 0);
  }

  /**
   * Finds the NAR of a file name that this cache ever advertised, by one indexed statement.
   *
   * @see FileNameTable#find
   */
  public Optional<Sha256> findNarByFileName(String stem) throws IOException {
    return fileNames.find(stem);
  }

  /**
   * Finds a stored NAR, by one indexed statement.
   *
   * @throws DatabaseException if the query fails
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
   * Stores a representation of a NAR. Call it after its bytes are stored. Registers the NarHash as
   * a file name of the NAR.
   *
   * @param storedAt the present time; also updates an existing row, to protect it from the sweep
   * @return false, without another change, if it already has one of this form and compression
   * @throws DatabaseException if storing fails; changes nothing then
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
   * Stores a chunked NAR like {@link #storeRepresentation}. Call it after the packs are stored. If
   * another writer stored a chunk first, the manifest refers to that chunk. Then the lengths of the
   * frames, and the file size, may differ from the arguments.
   *
   * @param newChunks the chunks that were not found before, without duplicates, sorted by hash; may
   *     be iterated several times
   * @param parts the whole manifest; may be iterated several times
   * @throws ChunksCondemnedException if a chunk was condemned meanwhile; changes nothing then
   * @throws DatabaseException if storing fails; changes nothing then, unless {@linkplain
   *     DatabaseException#isOutcomeUnknown the outcome is unknown}
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
   * Deletes a representation of a NAR and lists its blobs as garbage. Deletes the NAR's row with
   * the last representation.
   *
   * @param deleteAfter when the blobs may be deleted
   * @return false, without a change, if the NAR no longer has exactly this representation
   * @throws DatabaseException if deleting fails; changes nothing then
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

  /** The store paths with a narinfo whose NAR is stored; usable until this is closed. */
  public StoredPaths storedPaths() {
    return storedPaths;
  }

  /** The file names of NARs; usable until this is closed. */
  public FileNameTable fileNames() {
    return fileNames;
  }

  /** The chunks and manifests; usable until this is closed. */
  public ChunkTable chunks() {
    return chunks;
  }

  /** The queues of the background jobs; usable until this is closed. */
  public ChunkingQueue chunkingQueue() {
    return chunkingQueue;
  }

  /** The documents; usable until this is closed. */
  public DocumentTable documents() {
    return documents;
  }

  /** The blobs to be deleted; usable until this is closed. */
  public GarbageTable garbage() {
    return garbage;
  }

  /** What the replicas of a cluster share; usable until this is closed. */
  public ClusterTable cluster() {
    return cluster;
  }

  /** The leases of the replicas; usable until this is closed. */
  public LeaseTable leases() {
    return leases;
  }

  /** When NARs were last used; usable until this is closed. */
  public UseTable uses() {
    return uses;
  }

  /** Returns the tables for the collection of chunks. */
  public CollectionTable collection() {
    return collection;
  }

  /** Returns the pins and their closures. */
  public PinTable pins() {
    return pins;
  }

  /** Returns the tables for the check of the store. */
  public FsckTable fsck() {
    return fsck;
  }

  /**
   * Checks that the database answers.
   *
   * @throws DatabaseException if it doesn't
   */
  public void ping() throws IOException {
    transactions.single("ping database", pool.place(), mappers -> mappers.nars().one());
  }

  /** Closes the connection pool and its threads, unless the container owns them. */
  @Override
  public void close() {
    pool.close();
  }
}
