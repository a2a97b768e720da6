package narthex.db;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import narthex.nix.NarId;
import narthex.nix.Sha256;

/**
 * What waits to be done in the background: the rows themselves are the queues, so that nothing that
 * was begun and broke off has to be taken back. NARs come in the order of their hashes; whoever
 * asks for those after the last one he got comes to all of them. Safe for use by several threads.
 */
public final class ChunkingQueue {
  private final Transactions transactions;

  ChunkingQueue(Transactions transactions) {
    this.transactions = transactions;
  }

  /** One statement that gives NARs after the one with this hash. */
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
   * Finds NARs that are stored whole and not as chunks.
   *
   * @param after only those with greater hashes; empty from the first on
   * @param most how many at most
   * @throws DatabaseException if the database cannot tell
   */
  public List<Sha256> findUnchunked(Optional<Sha256> after, int most) throws IOException {
    return find("find unchunked nars", after, (mapper, start) -> mapper.findUnchunked(start, most));
  }

  /**
   * Counts the NARs that are stored whole and not as chunks.
   *
   * @throws DatabaseException if the database cannot tell
   */
  public long countUnchunked() throws IOException {
    return transactions.single(
        "count unchunked nars", "", mappers -> mappers.chunkingQueue().countUnchunked());
  }

  /**
   * Finds chunked NARs of whose frames no hash is known, like {@link #findUnchunked}.
   *
   * @throws DatabaseException if the database cannot tell
   */
  public List<Sha256> findUnhashed(Optional<Sha256> after, int most) throws IOException {
    return find("find unhashed nars", after, (mapper, start) -> mapper.findUnhashed(start, most));
  }

  /**
   * Finds NARs whose whole files are superseded by chunks since before this time, like {@link
   * #findUnchunked}.
   *
   * @throws DatabaseException if the database cannot tell
   */
  public List<Sha256> findSuperseded(Instant before, Optional<Sha256> after, int most)
      throws IOException {
    return find(
        "find superseded nars",
        after,
        (mapper, start) -> mapper.findSuperseded(before.toEpochMilli(), start, most));
  }

  /**
   * Deletes the whole files of a NAR that are superseded since before this time, unless there are
   * no chunks of it (any more): what is stored last always stays. Their blobs are listed as
   * garbage.
   *
   * @param deleteAfter when the blobs may be deleted
   * @return how they were stored
   * @throws DatabaseException if they could not be deleted; nothing is changed then
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
              mappers.chunkingQueue().findSupersededOf(key, before.toEpochMilli());
          for (RepresentationColumns row : rows) {
            mappers.chunkingQueue().delete(row);
            GarbageTable.add(mappers, row, deleteAfter);
          }
          return rows.stream().map(RepresentationColumns::representation).toList();
        });
  }

  /**
   * How often lost chunks were written anew, perhaps as other frames: a hash of frames that were
   * read before the last time may be wrong.
   *
   * @throws DatabaseException if the database cannot tell
   */
  public long rewritten() throws IOException {
    return transactions.single(
        "count rewritten chunks", "", mappers -> mappers.chunkingQueue().rewritten());
  }

  /**
   * Stores the hash of the frames of a chunked NAR, unless they may be others by now; the hash
   * becomes a file name of the NAR.
   *
   * @param chunked the chunked form whose frames were read
   * @param rewritten what {@link #rewritten} gave before they were read
   * @return false, and nothing is changed, if they may be others
   * @throws DatabaseException if it could not be stored; nothing is changed then
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
    return transactions.together(
        "store hash of frames",
        columns.narHash(),
        mappers -> {
          mappers.chunkingQueue().lockRewritten();
          boolean stored =
              mappers.chunkingQueue().rewritten() == rewritten
                  && mappers.chunkingQueue().storeFramesHash(columns) > 0;
          if (stored) {
            String stem = framesHash.nix32();
            mappers.narInfos().registerFile(stem, stem, columns.narHash());
          }
          return stored;
        });
  }
}
