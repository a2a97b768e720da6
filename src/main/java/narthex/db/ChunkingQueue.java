package narthex.db;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import narthex.nix.NarId;
import narthex.nix.Sha256;

/**
 * The queues of the background jobs: NARs to chunk, NARs whose frames are to be hashed, and files
 * to delete. Each queue is a query on the rows themselves, so an aborted job leaves nothing to
 * clean up. Queries return NARs sorted by hash; a caller gets them all by passing the last hash of
 * each result to the next query. Thread-safe.
 */
public final class ChunkingQueue {
  private final Transactions transactions;
  private final FileNameTable fileNames;

  ChunkingQueue(Transactions transactions, FileNameTable fileNames) {
    this.transactions = transactions;
    this.fileNames = fileNames;
  }

  /** One statement that returns NARs with greater hashes than this. */
  private interface Query {
    List<String> find(ChunkingQueueMapper mapper, String after);
  }

  private List<Sha256> find(String what, Optional<Sha256> after, Query query) throws IOException {
    String start = after.map(Sha256::nix32).orElse("");
    return transactions.single(
        what,
        start,
        mappers ->
            query.find(mappers.chunkingQueue(), start).stream().map(Sha256::parseNix32).toList());
  }

  /**
   * Finds NARs that are stored whole but not as chunks.
   *
   * @param after return only NARs with greater hashes; empty to start with the first
   * @param most most results
   * @throws DatabaseException if the query fails
   */
  public List<Sha256> findUnchunked(Optional<Sha256> after, int most) throws IOException {
    return find("find unchunked nars", after, (mapper, start) -> mapper.findUnchunked(start, most));
  }

  /**
   * Counts the NARs that are stored whole but not as chunks.
   *
   * @throws DatabaseException if the query fails
   */
  public long countUnchunked() throws IOException {
    return transactions.single(
        "count unchunked nars", "", mappers -> mappers.chunkingQueue().countUnchunked());
  }

  /**
   * Finds NARs that are stored as chunks, like {@link #findUnchunked}.
   *
   * @throws DatabaseException if the query fails
   */
  public List<Sha256> findChunked(Optional<Sha256> after, int most) throws IOException {
    return find("find chunked nars", after, (mapper, start) -> mapper.findChunked(start, most));
  }

  /**
   * Counts the NARs that are stored as chunks.
   *
   * @throws DatabaseException if the query fails
   */
  public long countChunked() throws IOException {
    return transactions.single(
        "count chunked nars", "", mappers -> mappers.chunkingQueue().countChunked());
  }

  /**
   * Finds chunked NARs without a hash of their frames, like {@link #findUnchunked}.
   *
   * @throws DatabaseException if the query fails
   */
  public List<Sha256> findUnhashed(Optional<Sha256> after, int most) throws IOException {
    return find("find unhashed nars", after, (mapper, start) -> mapper.findUnhashed(start, most));
  }

  /**
   * Finds NARs whose whole files were superseded by chunks before this time, like {@link
   * #findUnchunked}.
   *
   * @throws DatabaseException if the query fails
   */
  public List<Sha256> findSuperseded(Instant before, Optional<Sha256> after, int most)
      throws IOException {
    return find(
        "find superseded nars",
        after,
        (mapper, start) -> mapper.findSuperseded(before.toEpochMilli(), start, most));
  }

  /**
   * Deletes the rows of a NAR's whole files that were superseded before this time, and lists their
   * blobs as garbage. Keeps them if the NAR is no longer stored as chunks.
   *
   * @param deleteAfter when the blobs may be deleted
   * @return the deleted representations
   * @throws DatabaseException if deleting fails; changes nothing then
   */
  public List<Representation> deleteSuperseded(Sha256 narHash, Instant before, Instant deleteAfter)
      throws IOException {
    String key = narHash.nix32();
    return transactions.freeing(
        "delete superseded files",
        key,
        mappers -> {
          mappers.nars().lockNar(key);
          List<RepresentationColumns> rows =
              mappers.chunkingQueue().findSupersededOf(key, before.toEpochMilli()).stream()
                  .map(FoundRepresentation::columns)
                  .toList();
          for (RepresentationColumns row : rows) {
            mappers.chunkingQueue().delete(row);
            GarbageTable.add(mappers, row, deleteAfter);
          }
          return rows.stream().map(RepresentationColumns::representation).toList();
        });
  }

  /**
   * Deletes the chunked form of a NAR that is also stored as a whole file, or now becomes one. Its
   * chunks are left to the collection.
   *
   * @return false, without a change, if the NAR has no chunks any more; if it doesn't have exactly
   *     this file any more; or, for a new file, if it has one of the same compression
   * @throws DatabaseException if the transaction fails; changes nothing then
   */
  public boolean replaceChunks(NarId nar, Representation whole, WholeFile origin)
      throws IOException {
    return transactions.together(
        "replace chunks",
        nar.hash().nix32(),
        mappers -> new ReplaceChunks(mappers, nar, whole).run(origin));
  }

  /**
   * How often lost chunks were stored again, perhaps as different frames. A hash of frames is
   * reliable only if this number is the same before and after reading them.
   *
   * @throws DatabaseException if the query fails
   */
  public long rewritten() throws IOException {
    return transactions.single(
        "count rewritten chunks", "", mappers -> mappers.chunkingQueue().rewritten());
  }

  /**
   * Stores the hash of a chunked NAR's concatenated frames, unless the frames may have changed
   * meanwhile. The hash becomes a file name of the NAR.
   *
   * @param chunked the representation whose frames were read
   * @param rewritten the value of {@link #rewritten} before they were read
   * @return false, without a change, if the frames may have changed
   * @throws DatabaseException if storing fails; changes nothing then
   */
  public boolean storeFramesHash(
      NarId nar, Representation chunked, Sha256 framesHash, long rewritten) throws IOException {
    RepresentationColumns columns =
        RepresentationColumns.of(
            nar,
            new Representation(
                chunked.form(),
                chunked.compression(),
                chunked.fileHash(),
                chunked.fileSizeBytes(),
                chunked.extents(),
                framesHash),
            Instant.EPOCH);
    String stem = framesHash.nix32();
    return fileNames.register(
        () ->
            transactions.together(
                "store hash of frames",
                columns.narHash(),
                mappers -> {
                  mappers.chunkingQueue().lockRewritten();
                  boolean stored =
                      mappers.chunkingQueue().rewritten() == rewritten
                          && mappers.chunkingQueue().storeFramesHash(columns) > 0;
                  if (stored) {
                    mappers.narInfos().registerFile(stem, stem, columns.narHash());
                  }
                  return stored;
                }),
        stem);
  }
}
