package narthex.db;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
   * Finds the narinfos of those that are stored.
   *
   * @throws DatabaseException if the query fails
   */
  public List<NarInfoRow> findNarInfos(List<StorePathHash> hashes) throws IOException {
    List<NarInfoRow> found = new ArrayList<>();
    for (List<String> some : Batches.of(hashes.stream().map(StorePathHash::text).toList())) {
      transactions
          .single("find narinfos", some.get(0), mappers -> mappers.narInfos().findComplete(some))
          .forEach(columns -> found.add(columns.row()));
    }
    return found;
  }
}
