package narthex.db;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import narthex.db.FsckMapper.PositionColumns;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/**
 * The statements of the check of the store, and how far it has come. All results are sorted by key.
 * Thread-safe.
 */
public final class FsckTable {
  private final Transactions transactions;
  private final FileNameTable fileNames;

  FsckTable(Transactions transactions, FileNameTable fileNames) {
    this.transactions = transactions;
    this.fileNames = fileNames;
  }

  /**
   * How far a check has come.
   *
   * @param options what it checks
   * @param step the present step; empty if the check has ended
   * @param after the last key that it has checked in this step
   * @param beganAt when it began
   * @param counts what it has found so far
   */
  public record Position(
      String options, String step, String after, Instant beganAt, String counts) {}

  /** What was done about rows of a NAR of which another row is missing. */
  public enum StrayOutcome {
    /** The row of the NAR was written again. */
    RESTORED,
    /** The rows were deleted. */
    DROPPED,
    /** Nothing, because nothing is missing any more. */
    UNCHANGED
  }

  /** A query that returns keys. */
  private interface Keys {
    List<String> find(FsckMapper mapper);
  }

  private List<String> find(String what, String after, Keys query) throws IOException {
    return transactions.single(what, after, mappers -> query.find(mappers.fsck()));
  }

  /**
   * Finds how far a check has come.
   *
   * @throws DatabaseException if the query fails
   */
  public Optional<Position> find(String name) throws IOException {
    PositionColumns row =
        transactions.single("find position of check", name, mappers -> mappers.fsck().find(name));
    return Optional.ofNullable(row)
        .map(
            said ->
                new Position(
                    said.options(),
                    said.step(),
                    said.afterKey(),
                    Instant.ofEpochMilli(said.beganAt()),
                    said.counts()));
  }

  /**
   * Stores how far a check has come.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void save(String name, Position position) throws IOException {
    PositionColumns row =
        new PositionColumns(
            name,
            position.options(),
            position.step(),
            position.after(),
            position.beganAt().toEpochMilli(),
            position.counts());
    transactions.together(
        "store position of check",
        name,
        mappers -> {
          mappers.fsck().save(row);
          return null;
        });
  }

  /**
   * Forgets how far a check has come.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void remove(String name) throws IOException {
    transactions.together(
        "remove position of check",
        name,
        mappers -> {
          mappers.fsck().remove(name);
          return null;
        });
  }

  /**
   * Finds the packs with chunks that aren't known to be damaged.
   *
   * @throws DatabaseException if the query fails
   */
  public List<String> findPacks(String after, int most) throws IOException {
    return find("find packs", after, mapper -> mapper.findPacks(after, most));
  }

  /**
   * Finds chunks in a pack that aren't known to be damaged, in the order of their frames.
   *
   * @param after the last chunk that was returned before; null to begin
   * @throws DatabaseException if the query fails
   */
  public List<ChunkPlace> findInPack(String pack, @Nullable ChunkPlace after, int most)
      throws IOException {
    long offset = after == null ? -1 : after.offset();
    long number = after == null ? 0 : after.number();
    return transactions.single(
        "find chunks in pack",
        pack,
        mappers ->
            mappers.fsck().findInPack(pack, offset, number, most).stream()
                .map(ChunkColumns::place)
                .toList());
  }

  /**
   * Counts those of these chunks that are known to be damaged.
   *
   * @param numbers in any order; duplicates count once
   * @throws DatabaseException if the query fails
   */
  public long countDamaged(long[] numbers) throws IOException {
    NumberRun.Split split = NumberRun.split(numbers, Integer.MAX_VALUE);
    return transactions.single(
        "find damaged chunks",
        numbers.length + " numbers",
        mappers -> {
          long damaged = 0;
          for (NumberRun run : split.runs()) {
            damaged += mappers.fsck().countDamagedRun(run);
          }
          for (List<Long> some : Batches.of(split.scattered())) {
            damaged += mappers.fsck().countDamaged(some);
          }
          return damaged;
        });
  }

  /**
   * Finds the NarHashes of stored NARs.
   *
   * @throws DatabaseException if the query fails
   */
  public List<String> findNars(String after, int most) throws IOException {
    return find("find nars", after, mapper -> mapper.findNars(after, most));
  }

  /**
   * Finds the NarHashes of rows that belong to a NAR of which another row is missing.
   *
   * @throws DatabaseException if the query fails
   */
  public List<String> findStray(String after, int most) throws IOException {
    return find("find stray rows", after, mapper -> mapper.findStray(after, most));
  }

  /**
   * Returns whether a row of this NAR is missing.
   *
   * @throws DatabaseException if the query fails
   */
  public boolean isStray(Sha256 narHash) throws IOException {
    String key = narHash.nix32();
    return transactions.single(
        "find stray rows", key, mappers -> mappers.fsck().countStray(key) > 0);
  }

  /**
   * Writes the missing row of a NAR again if a narinfo tells its size; else deletes the rows that
   * are left, and lists their blobs as garbage.
   *
   * @param now the present time
   * @param deleteAfter when the blobs may be deleted
   * @throws DatabaseException if the transaction fails; changes nothing then
   */
  public StrayOutcome mendStray(Sha256 narHash, Instant now, Instant deleteAfter)
      throws IOException {
    String key = narHash.nix32();
    return transactions.freeing(
        "mend stray rows", key, mappers -> new MendStrayRows(mappers, key).run(now, deleteAfter));
  }

  /**
   * Finds the store path hashes of narinfos.
   *
   * @throws DatabaseException if the query fails
   */
  public List<String> findNarInfos(String after, int most) throws IOException {
    return find("find narinfos", after, mapper -> mapper.findNarInfos(after, most));
  }

  /**
   * Finds what a narinfo refers to.
   *
   * @throws DatabaseException if the query fails
   */
  public Optional<NarInfoLinks> findLinks(StorePathHash hash) throws IOException {
    return transactions.single(
        "find narinfo",
        hash.text(),
        mappers -> Optional.ofNullable(mappers.fsck().findLinks(hash.text())));
  }

  /**
   * Registers the file names of a NAR again: its NarHash, and a stem that one of its narinfos
   * advertises. If the stem belongs to another NAR, by its hash, its file or its narinfo, the
   * narinfo advertises the NarHash instead.
   *
   * @throws DatabaseException if the transaction fails; changes nothing then
   */
  public void nameAgain(String stem, Sha256 narHash) throws IOException {
    String key = narHash.nix32();
    fileNames.<@Nullable Void>register(
        () ->
            transactions.together(
                "name nar again",
                key,
                mappers -> {
                  NarInfoMapper names = mappers.narInfos();
                  names.nameItself(key);
                  if (mappers.fsck().countOtherClaims(stem, key) == 0) {
                    names.registerFile(stem, stem, key);
                  } else {
                    names.registerAlias(stem, key);
                  }
                  String owner = names.findNar(stem);
                  if (owner != null && !owner.equals(key)) {
                    names.takeBack(stem, owner);
                  }
                  return null;
                }),
        stem,
        key);
  }

  /**
   * Finds the names of documents.
   *
   * @throws DatabaseException if the query fails
   */
  public List<String> findDocuments(String after, int most) throws IOException {
    return find("find documents", after, mapper -> mapper.findDocuments(after, most));
  }

  /**
   * Returns whether any row names a blob.
   *
   * @throws DatabaseException if the query fails
   */
  public boolean namesBlobs() throws IOException {
    return transactions.single("find any blob", "", mappers -> mappers.fsck().countSome() > 0);
  }

  /** What can be counted. */
  public enum Rows {
    /** Stored NARs. */
    NARS,
    /** Narinfos. */
    NARINFOS,
    /** Documents. */
    DOCUMENTS
  }

  /**
   * Counts rows.
   *
   * @throws DatabaseException if the query fails
   */
  public long count(Rows rows) throws IOException {
    return transactions.single(
        "count rows",
        rows.name(),
        mappers ->
            switch (rows) {
              case NARS -> mappers.fsck().countNars();
              case NARINFOS -> mappers.fsck().countNarInfos();
              case DOCUMENTS -> mappers.fsck().countDocuments();
            });
  }
}
