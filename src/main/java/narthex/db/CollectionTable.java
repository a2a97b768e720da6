package narthex.db;

import java.io.IOException;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import narthex.db.CollectionMapper.StateColumns;

/**
 * The tables for the collection of chunks that no manifest refers to, and of packs with few chunks.
 * No statement but that of {@link #references} grows with the number of chunks or NARs.
 * Thread-safe.
 *
 * <h2>Races</h2>
 *
 * A marked chunk isn't found by {@link ChunkTable#find}, so no writer that begins later refers to
 * it. A NAR whose writer began earlier may still refer to it: the commit of that NAR removes the
 * mark, or fails with a {@link ChunksCondemnedException} if the row is gone. Rows are deleted only
 * while they have the mark, and the two statements exclude each other by the lock of the row.
 */
public final class CollectionTable {
  private final Transactions transactions;
  private final RepackTable repacking;

  CollectionTable(Transactions transactions) {
    this.transactions = transactions;
    this.repacking = new RepackTable(transactions);
  }

  /** Returns the table of packs that were compressed again. */
  public RepackTable repacking() {
    return repacking;
  }

  /**
   * The state of the collection.
   *
   * @param round the number of the last round whose chunks were marked; 0 before the first
   * @param isPending whether the marked chunks of that round are still to be removed
   * @param beganAt when the search of the last round began
   * @param isWanted whether the next round is to begin at once
   */
  public record State(long round, boolean isPending, Instant beganAt, boolean isWanted) {}

  /**
   * A replica that stores chunks.
   *
   * @param replica its name
   * @param passed the last round that it passed: all its open writers began after that round's
   *     marks were set
   * @param beats grows as long as the replica runs: the time of its last record, in milliseconds
   *     since 1970, by its own clock
   */
  public record Replica(String replica, long passed, long beats) {}

  /**
   * Reads the state of the collection.
   *
   * @throws DatabaseException if the query fails
   */
  public State state() throws IOException {
    StateColumns row =
        transactions.single("read collection", "", mappers -> mappers.collection().state());
    return new State(
        row.round(), row.pending() != 0, Instant.ofEpochMilli(row.beganAt()), row.wanted() != 0);
  }

  /**
   * Requests the next round at once.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void want() throws IOException {
    change("request collection", mappers -> mappers.collection().want());
  }

  /**
   * Records that the search of a round begins.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void begin(Instant now) throws IOException {
    change("begin collection", mappers -> mappers.collection().begin(now.toEpochMilli()));
  }

  /**
   * Ends the search: all chunks of the next round are marked.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void marked() throws IOException {
    change("end marking", mappers -> mappers.collection().marked());
  }

  /**
   * Ends the round: its chunks are removed.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void removed() throws IOException {
    change("end collection", mappers -> mappers.collection().removed());
  }

  /**
   * Records the last round that a replica has passed, and that it runs.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void pass(String replica, long round, Instant now) throws IOException {
    change(
        "pass collection",
        mappers -> mappers.collection().pass(replica, round, now.toEpochMilli()));
  }

  /**
   * Finds the replicas that store chunks.
   *
   * @throws DatabaseException if the query fails
   */
  public List<Replica> replicas() throws IOException {
    return transactions.single("find replicas", "", mappers -> mappers.collection().replicas());
  }

  /**
   * Forgets a replica that has stopped.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void forget(String replica) throws IOException {
    change("forget replica", mappers -> mappers.collection().forget(replica));
  }

  /**
   * Returns the number that the next chunk gets: all chunks have smaller ones.
   *
   * @throws DatabaseException if the query fails
   */
  public long endOfNumbers() throws IOException {
    return transactions.single("read chunk number", "", mappers -> mappers.chunks().nextNumber());
  }

  /**
   * Reads the chunk numbers in all parts of manifests that are stored now, by one query: in the
   * order in which the database stores them, which no key knows, so that the disk is read from one
   * end to the other. A part that is stored or deleted meanwhile changes nothing.
   *
   * @param numbers gets each number, possibly several times
   * @param goesOn is asked after each part whether to read the next
   * @return false if {@code goesOn} ended it
   * @throws DatabaseException if the query fails, possibly after some parts; it isn't tried again
   */
  public boolean references(LongConsumer numbers, BooleanSupplier goesOn) throws IOException {
    return transactions.reading(
        "read manifests",
        mappers -> {
          boolean[] isEnded = {false};
          mappers
              .collection()
              .readNumbers(
                  part -> {
                    NumberList.decode(part.getResultObject(), numbers);
                    if (!goesOn.getAsBoolean()) {
                      isEnded[0] = true;
                      part.stop();
                    }
                  });
          return !isEnded[0];
        });
  }

  /**
   * Finds chunks, with or without a mark, sorted by number.
   *
   * @param after return only greater numbers
   * @param end return only smaller numbers
   * @throws DatabaseException if the query fails
   */
  public List<Long> findAll(long after, long end, int most) throws IOException {
    return transactions.single(
        "find chunks",
        Long.toString(after),
        mappers -> mappers.collection().findAll(after, end, most));
  }

  /**
   * Marks chunks as not referred to.
   *
   * @return how many of them had no mark
   * @throws DatabaseException if the transaction fails
   */
  public int mark(List<Long> numbers) throws IOException {
    if (numbers.isEmpty()) {
      return 0;
    }
    return transactions.together(
        "mark chunks",
        numbers.size() + " chunks",
        mappers -> Batches.of(numbers).stream().mapToInt(mappers.collection()::mark).sum());
  }

  /**
   * Finds marked chunks, sorted by number.
   *
   * @param after return only greater numbers
   * @param end return only smaller numbers
   * @throws DatabaseException if the query fails
   */
  public List<Long> findMarked(long after, long end, int most) throws IOException {
    return transactions.single(
        "find marked chunks",
        Long.toString(after),
        mappers -> mappers.collection().findMarked(after, end, most));
  }

  /**
   * Removes the mark of chunks that a manifest refers to.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void unmark(List<Long> numbers) throws IOException {
    if (!numbers.isEmpty()) {
      change("unmark chunks", mappers -> Batches.of(numbers).forEach(mappers.collection()::unmark));
    }
  }

  /**
   * Deletes the rows of marked chunks, in one transaction. Lists a pack without other chunks as
   * garbage, and one with others as sparse.
   *
   * @param numbers at most some hundred chunks; one without mark is kept
   * @param deleteAfter when the packs may be deleted
   * @return how many rows were deleted
   * @throws DatabaseException if the transaction fails; changes nothing then
   */
  public int remove(List<Long> numbers, Instant deleteAfter) throws IOException {
    if (numbers.isEmpty()) {
      return 0;
    }
    return transactions.freeing(
        "remove chunks",
        numbers.size() + " chunks",
        mappers -> {
          Set<String> packs = new LinkedHashSet<>();
          int deleted = 0;
          for (List<Long> some : Batches.of(numbers)) {
            mappers.chunks().findNumbers(some).forEach(row -> packs.add(row.place().pack()));
            deleted += mappers.collection().delete(some);
          }
          packs.forEach(pack -> left(mappers, pack, deleteAfter));
          return deleted;
        });
  }

  /** Lists a pack that some chunks have left as garbage or as sparse. */
  private static void left(Mappers mappers, String pack, Instant deleteAfter) {
    if (mappers.chunks().findInPack(pack) == null) {
      mappers.collection().removeSparse(Set.of(pack));
      mappers.repacking().forget(pack);
      mappers.garbage().add(pack, deleteAfter.toEpochMilli());
    } else {
      mappers.collection().addSparse(pack);
    }
  }

  /**
   * Finds packs with unused frames, sorted by key.
   *
   * @param after return only greater keys; empty to start with the first
   * @throws DatabaseException if the query fails
   */
  public List<String> findSparse(Optional<String> after, int most) throws IOException {
    return transactions.single(
        "find sparse packs",
        after.orElse(""),
        mappers -> mappers.collection().findSparse(after.orElse(""), most));
  }

  /**
   * Removes packs from the list of packs with unused frames.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void removeSparse(Collection<String> packs) throws IOException {
    change("remove sparse packs", mappers -> mappers.collection().removeSparse(packs));
  }

  /**
   * Finds the chunks in a pack that are neither lost nor marked, in the order of their frames.
   *
   * @throws DatabaseException if the query fails
   */
  public List<ChunkPlace> findUsedInPack(String pack) throws IOException {
    return transactions.single(
        "find chunks in pack",
        pack,
        mappers ->
            mappers.collection().findUsedInPack(pack).stream().map(ChunkColumns::place).toList());
  }

  /**
   * A chunk that was copied to another pack.
   *
   * @param old where it was
   * @param now where it is also now; its own frame is the same
   */
  public record Moved(ChunkPlace old, ChunkPlace now) {}

  /**
   * Changes the places of chunks to a new pack, in one transaction, and lists the packs that they
   * leave as garbage, or as sparse if they have other chunks. A chunk that isn't in its old pack
   * any more stays where it is; the new pack is listed as sparse then.
   *
   * @param pack the new pack, which is durable
   * @param level the level at which all of the new pack was compressed again; empty if it wasn't
   * @param deleteAfter when the old packs may be deleted
   * @return how many chunks were moved
   * @throws DatabaseException if the transaction fails
   */
  public int move(List<Moved> chunks, String pack, OptionalInt level, Instant deleteAfter)
      throws IOException {
    return transactions.freeing(
        "move chunks",
        pack,
        mappers -> {
          Set<String> packs = new LinkedHashSet<>();
          int count = 0;
          for (Moved moved : chunks) {
            packs.add(moved.old().pack());
            count += mappers.collection().move(moved.old().pack(), ChunkColumns.of(moved.now()));
          }
          packs.forEach(old -> left(mappers, old, deleteAfter));
          if (count > 0 && count < chunks.size()) {
            mappers.collection().addSparse(pack);
          }
          boolean hasGroups = chunks.stream().anyMatch(moved -> moved.now().group() != null);
          if (count > 0 && (level.isPresent() || hasGroups)) {
            mappers.repacking().done(pack, level.orElse(RepackTable.NO_LEVEL));
          }
          return count;
        });
  }

  private interface Change {
    void make(Mappers mappers);
  }

  private void change(String what, Change change) throws IOException {
    transactions.together(
        what,
        "",
        mappers -> {
          change.make(mappers);
          return null;
        });
  }
}
