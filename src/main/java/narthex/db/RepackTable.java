package narthex.db;

import java.io.IOException;
import java.util.List;

/** The table of packs that were compressed again, wholly or in part. Thread-safe. */
public final class RepackTable {
  /** The level of a pack of which only a part is known to be compressed again. */
  static final int NO_LEVEL = 0;

  private final Transactions transactions;

  RepackTable(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * A pack that may be compressed again.
   *
   * @param number the number of one of its chunks
   */
  public record Candidate(long number, String pack) {}

  /**
   * Finds chunks in packs that weren't compressed again at this level or a higher one and aren't
   * listed as sparse, in the order of their numbers: the oldest first. Packs may occur several
   * times.
   *
   * @param after return only chunks with greater numbers
   * @throws DatabaseException if the query fails
   */
  public List<Candidate> find(long after, int level, int most) throws IOException {
    return transactions.single(
        "find packs to compress again",
        Long.toString(after),
        mappers -> mappers.repacking().find(after, level, most));
  }

  /**
   * Returns whether a pack doesn't need to be compressed again at this level.
   *
   * @throws DatabaseException if the query fails
   */
  public boolean isDone(String pack, int level) throws IOException {
    return transactions.single(
        "find compressed pack", pack, mappers -> mappers.repacking().countDone(pack, level) > 0);
  }

  /**
   * Returns whether any chunk may be in a group.
   *
   * @throws DatabaseException if the query fails
   */
  public boolean mayHaveGroups() throws IOException {
    return transactions.single(
        "find any compressed pack", "", mappers -> mappers.repacking().countSome() > 0);
  }

  /**
   * Records that a pack doesn't need to be compressed again at this level.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void done(String pack, int level) throws IOException {
    transactions.together(
        "record compressed pack",
        pack,
        mappers -> {
          mappers.repacking().done(pack, level);
          return null;
        });
  }

  /**
   * Records the version of the compressor that makes the frames of grouped chunks again. If it was
   * another version before, frames may change, so the hashes of all concatenated frames are
   * forgotten. Does nothing else if no pack was ever compressed again.
   *
   * @param codec the version
   * @return the number of NARs whose hash was forgotten
   * @throws DatabaseException if the transaction fails
   */
  public int keepCodec(String codec) throws IOException {
    return transactions.together(
        "keep version of compressor",
        codec,
        mappers -> {
          if (codec.equals(mappers.chunks().findCodec())) {
            return 0;
          }
          mappers.chunks().storeCodec(codec);
          if (mappers.repacking().countSome() == 0) {
            return 0;
          }
          mappers.chunkingQueue().countRewritten();
          return mappers.repacking().forgetFramesHashes();
        });
  }
}
