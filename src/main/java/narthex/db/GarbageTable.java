package narthex.db;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import narthex.blob.Extent;
import narthex.nix.Sha256;

/**
 * The table of garbage: blobs that no row refers to any more, until they are deleted. Also finds
 * the blobs that rows refer to, deletes NARs that no narinfo refers to, and knows the owner name of
 * the blob store. Thread-safe.
 */
public final class GarbageTable {
  /** Usual delay before a blob is deleted: time for a reader to open it after reading its row. */
  public static final Duration GRACE = Duration.ofSeconds(30);

  private final Transactions transactions;
  private final AtomicInteger holders = new AtomicInteger();

  GarbageTable(Transactions transactions) {
    this.transactions = transactions;
  }

  /** Keeps all blobs from deletion until it is closed. */
  public interface Hold extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Holds the deletion of blobs by this process: rows that are read from now on name blobs that
   * stay until the result is closed.
   */
  public Hold hold() {
    holders.incrementAndGet();
    AtomicBoolean closed = new AtomicBoolean();
    return () -> {
      if (closed.compareAndSet(false, true)) {
        holders.decrementAndGet();
      }
    };
  }

  /** Returns whether the deletion of blobs is held. */
  public boolean isHeld() {
    return holders.get() > 0;
  }

  /**
   * Finds blobs that may be deleted now, sorted by key.
   *
   * @param after return only greater keys; empty to start with the first
   * @param most most results
   * @throws DatabaseException if the query fails
   */
  public List<String> findDue(Instant now, Optional<String> after, int most) throws IOException {
    String start = after.orElse("");
    return transactions.single(
        "find garbage",
        start,
        mappers -> mappers.garbage().findDue(now.toEpochMilli(), start, most));
  }

  /**
   * Removes a blob from the table. Call it after deleting the blob.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void remove(String blob) throws IOException {
    transactions.freeing(
        "remove garbage",
        blob,
        mappers -> {
          mappers.garbage().remove(blob);
          return null;
        });
  }

  /**
   * Finds which of these blobs no row refers to, including listed garbage. A whole file whose key
   * has no hash counts as referred to, because its row can't be found by the key.
   *
   * @throws DatabaseException if the query fails
   */
  public Set<String> findUnnamed(Collection<String> blobs) throws IOException {
    return transactions.single(
        "find unnamed blobs", blobs.size() + " keys", mappers -> unnamed(mappers, blobs));
  }

  /**
   * Finds which of these blobs are listed as garbage.
   *
   * @throws DatabaseException if the query fails
   */
  public Set<String> findListed(Collection<String> blobs) throws IOException {
    return transactions.single(
        "find garbage",
        blobs.size() + " keys",
        mappers -> {
          Set<String> listed = new HashSet<>();
          for (List<String> some : Batches.of(List.copyOf(blobs))) {
            listed.addAll(mappers.garbage().findListed(some));
          }
          return listed;
        });
  }

  /**
   * Lists those of these blobs as garbage that no row refers to.
   *
   * @param deleteAfter when they may be deleted
   * @return how many were added to the list
   * @throws DatabaseException if the transaction fails; changes nothing then
   */
  public int addUnnamed(Collection<String> blobs, Instant deleteAfter) throws IOException {
    return transactions.freeing(
        "list unnamed blobs",
        blobs.size() + " keys",
        mappers ->
            unnamed(mappers, blobs).stream()
                .mapToInt(blob -> mappers.garbage().add(blob, deleteAfter.toEpochMilli()))
                .sum());
  }

  /**
   * Finds NARs that are stored as whole files, sorted by hash.
   *
   * @param after return only NARs with greater hashes; empty to start with the first
   * @param most most results
   * @throws DatabaseException if the query fails
   */
  public List<Sha256> findNarsWithFiles(Optional<Sha256> after, int most) throws IOException {
    String start = after.map(Sha256::nix32).orElse("");
    return transactions.single(
        "find whole files",
        start,
        mappers ->
            mappers.garbage().findNarsWithFiles(start, most).stream()
                .map(Sha256::parseNix32)
                .toList());
  }

  /**
   * Finds packs that chunks refer to, sorted by key.
   *
   * @param after return only greater keys; empty to start with the first
   * @param most most results
   * @throws DatabaseException if the query fails
   */
  public List<String> findPacks(Optional<String> after, int most) throws IOException {
    String start = after.orElse("");
    return transactions.single(
        "find packs", start, mappers -> mappers.garbage().findAllPacks(start, most));
  }

  /**
   * Counts the NARs that are stored as whole files.
   *
   * @throws DatabaseException if the query fails
   */
  public long countNarsWithFiles() throws IOException {
    return transactions.single(
        "count whole files", "", mappers -> mappers.garbage().countNarsWithFiles());
  }

  /**
   * Counts the packs that chunks refer to.
   *
   * @throws DatabaseException if the query fails
   */
  public long countPacks() throws IOException {
    return transactions.single("count packs", "", mappers -> mappers.garbage().countPacks());
  }

  /**
   * Deletes a NAR that no narinfo refers to, and lists its blobs as garbage. Excludes a concurrent
   * {@link Database#storeUploaded} by a lock on the NAR's row.
   *
   * @param storedBefore keep a NAR that was stored again at this time or later
   * @param deleteAfter when the blobs may be deleted
   * @return false, without a change, if the NAR isn't stored, is kept, or a narinfo refers to it
   * @throws DatabaseException if deleting fails; changes nothing then
   */
  public boolean deleteUnnamedNar(Sha256 narHash, Instant storedBefore, Instant deleteAfter)
      throws IOException {
    String key = narHash.nix32();
    return transactions.freeing(
        "delete unnamed nar",
        key,
        mappers -> new DeleteUnnamedNar(mappers, key).run(storedBefore, deleteAfter));
  }

  /**
   * Finds NARs that no narinfo refers to, sorted by hash.
   *
   * @param storedBefore return only NARs last stored before this time
   * @param after return only NARs with greater hashes; empty to start with the first
   * @param most most results
   * @throws DatabaseException if the query fails
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
   * The random name of this database. It never changes; the blob store has a copy, so that a wrong
   * pair of database and blob store is detected.
   *
   * @throws DatabaseException if the query fails
   */
  public String owner() throws IOException {
    String known =
        transactions.single("find blob owner", "", mappers -> mappers.garbage().findOwner());
    return known != null ? known : makeOwner();
  }

  private String makeOwner() throws IOException {
    String random = UUID.randomUUID().toString().toLowerCase(Locale.ROOT);
    return transactions.together(
        "store blob owner",
        random,
        mappers -> {
          mappers.garbage().storeOwner(random);
          return Objects.requireNonNullElse(mappers.garbage().findOwner(), random);
        });
  }

  /** Lists the blobs of a row that is deleted in this transaction. */
  static void add(Mappers mappers, RepresentationColumns deleted, Instant deleteAfter) {
    deleted.extents().extents().stream()
        .map(Extent::blob)
        .distinct()
        .forEach(blob -> mappers.garbage().add(blob, deleteAfter.toEpochMilli()));
  }

  private static Set<String> unnamed(Mappers mappers, Collection<String> blobs) {
    Set<String> unnamed = new LinkedHashSet<>(blobs);
    for (List<String> some : Batches.of(List.copyOf(unnamed))) {
      removeNamed(mappers, some, unnamed);
    }
    return unnamed;
  }

  private static void removeNamed(Mappers mappers, List<String> blobs, Set<String> unnamed) {
    GarbageMapper garbage = mappers.garbage();
    unnamed.removeAll(new HashSet<>(garbage.findDocuments(blobs)));
    unnamed.removeAll(new HashSet<>(garbage.findPacks(blobs)));
    Set<String> hashes =
        blobs.stream()
            .flatMap(blob -> WholeFileKey.hash(blob).stream())
            .collect(Collectors.toSet());
    if (!hashes.isEmpty()) {
      for (List<ExtentList> rows :
          List.of(garbage.findExtentsOfNars(hashes), garbage.findExtentsOfFiles(hashes))) {
        rows.forEach(row -> row.extents().forEach(extent -> unnamed.remove(extent.blob())));
      }
    }
    blobs.stream().filter(WholeFileKey::hasNoHash).forEach(unnamed::remove);
  }
}
