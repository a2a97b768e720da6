package narthex.db;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import narthex.nix.StorePathHash;

/**
 * The store paths with a narinfo whose NAR is stored. Asks for many at once, with one statement for
 * some hundred. Thread-safe.
 */
public final class StoredPaths {
  private final Transactions transactions;

  StoredPaths(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * Finds which of these are stored.
   *
   * @return their full store paths
   * @throws DatabaseException if the query fails
   */
  public Set<String> find(List<StorePathHash> hashes) throws IOException {
    Set<String> stored = new HashSet<>();
    for (List<String> some : Batches.of(hashes.stream().map(StorePathHash::text).toList())) {
      stored.addAll(
          transactions.single(
              "find stored paths", some.get(0), mappers -> mappers.narInfos().findStored(some)));
    }
    return stored;
  }

  /**
   * Finds the narinfos of those that are stored. Some take kilobytes, so only some hundred are in
   * memory at a time.
   *
   * @param found is told of each, outside of a transaction
   * @throws DatabaseException if the query fails
   */
  public void findNarInfos(List<StorePathHash> hashes, Consumer<NarInfoRow> found)
      throws IOException {
    for (List<String> some : Batches.of(hashes.stream().map(StorePathHash::text).toList())) {
      transactions
          .single("find narinfos", some.get(0), mappers -> mappers.narInfos().findComplete(some))
          .forEach(columns -> found.accept(columns.row()));
    }
  }
}
