package narthex.db;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import narthex.nix.Sha256;

/**
 * When stored NARs were last used, to the minute, and the statements of eviction. A stored NAR
 * counts as used when it was stored first. Thread-safe.
 */
public final class UseTable {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final Transactions transactions;

  UseTable(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * Stores that NARs were used, and counts the minute. A use in the same minute or a later one,
   * which another replica has stored, stays; a NAR that isn't stored is skipped.
   *
   * @throws DatabaseException if a transaction fails; some uses may be stored then
   */
  public void store(Collection<Sha256> narHashes, Instant usedAt) throws IOException {
    // Sorted, so that two replicas can't deadlock.
    List<String> all = narHashes.stream().map(Sha256::nix32).sorted().toList();
    long minute = usedAt.toEpochMilli() / MINUTE.toMillis();
    for (List<String> some : Batches.of(all)) {
      transactions.together(
          "store uses",
          some.size() + " nars",
          mappers -> {
            some.forEach(narHash -> mappers.uses().use(narHash, minute));
            return null;
          });
    }
  }

  /**
   * Returns the minute, since the epoch, in which a stored NAR was last used; 0 if none is stored.
   *
   * @throws DatabaseException if the query fails
   */
  public long lastMinute() throws IOException {
    return transactions.single("find last use", "", mappers -> mappers.uses().lastUse());
  }

  /**
   * Finds stored NARs, the least recently used first.
   *
   * @param after return only NARs that follow this one; empty to start with the first
   * @param lastMinute return only NARs whose last use was in this minute or before
   * @param most most results
   * @throws DatabaseException if the query fails
   */
  public List<UsedNar> find(Optional<UsedNar> after, long lastMinute, int most) throws IOException {
    long minute = after.map(UsedNar::usedMinute).orElse(Long.MIN_VALUE);
    String narHash = after.map(nar -> nar.hash().nix32()).orElse("");
    return transactions.single(
        "find nars by use",
        narHash,
        mappers ->
            mappers.uses().findAfter(minute, narHash, lastMinute, most).stream()
                .map(UsedNar::of)
                .toList());
  }

  /**
   * Finds the manifests of NARs. A NAR that isn't stored as chunks has none.
   *
   * @param narHashes at most {@value Batches#ROWS_AT_ONCE}
   * @throws DatabaseException if the query fails
   */
  public Map<Sha256, List<ManifestPart>> findParts(Collection<Sha256> narHashes)
      throws IOException {
    if (narHashes.isEmpty()) {
      return Map.of();
    }
    List<String> keys = narHashes.stream().map(Sha256::nix32).toList();
    return transactions.single(
        "find manifests",
        keys.size() + " nars",
        mappers -> {
          Map<Sha256, List<ManifestPart>> parts = new HashMap<>();
          for (ManifestPartColumns row : mappers.uses().findParts(keys)) {
            parts
                .computeIfAbsent(Sha256.parseNix32(row.narHash()), unknown -> new ArrayList<>())
                .add(row.manifestPart());
          }
          return parts;
        });
  }

  /**
   * Returns the length of these chunks' frames together. Chunks without a row count as nothing.
   *
   * @param numbers in any order; duplicates count once
   * @throws DatabaseException if the query fails
   */
  public long storedBytes(long[] numbers) throws IOException {
    long bytes = 0;
    NumberRun.Split split = NumberRun.split(numbers, Integer.MAX_VALUE);
    for (NumberRun run : split.runs()) {
      bytes +=
          transactions.single("sum chunks", run.toString(), mappers -> mappers.uses().sumRun(run));
    }
    for (List<Long> some : Batches.of(split.scattered())) {
      bytes +=
          transactions.single(
              "sum chunks", some.size() + " numbers", mappers -> mappers.uses().sumNumbers(some));
    }
    return bytes;
  }

  /**
   * Returns the length of each of these chunks' frames. Chunks without a row are missing.
   *
   * @throws DatabaseException if the query fails
   */
  public Map<Long, Long> storedBytesOfEach(Collection<Long> numbers) throws IOException {
    Map<Long, Long> bytes = new HashMap<>();
    for (List<Long> some : Batches.of(List.copyOf(numbers))) {
      for (UseMapper.ChunkBytes chunk :
          transactions.single(
              "find chunks", some.size() + " numbers", mappers -> mappers.uses().findBytes(some))) {
        bytes.put(chunk.number(), chunk.bytes());
      }
    }
    return bytes;
  }

  /**
   * Deletes all stored forms of some NARs in one transaction, and lists their blobs as garbage.
   * Keeps their narinfos, and those NARs that were stored or used again, aren't stored, or may be
   * pinned: all of them, while the closure of a pin isn't known completely.
   *
   * @param nars a few, as they were found
   * @param deleteAfter when the blobs may be deleted
   * @return those that it deleted
   * @throws DatabaseException if deleting fails; changes nothing then
   */
  public Set<Sha256> evict(Collection<UsedNar> nars, Instant deleteAfter) throws IOException {
    if (nars.isEmpty()) {
      return Set.of();
    }
    // Sorted like uses, so that two replicas can't deadlock.
    List<UsedNar> all =
        nars.stream().sorted(Comparator.comparing(nar -> nar.hash().nix32())).toList();
    return transactions.freeing(
        "evict nars",
        all.size() + " nars from " + all.get(0).hash().nix32(),
        mappers ->
            all.stream()
                .filter(nar -> evict(mappers, nar, deleteAfter))
                .map(UsedNar::hash)
                .collect(Collectors.toSet()));
  }

  private static boolean evict(Mappers mappers, UsedNar nar, Instant deleteAfter) {
    String key = nar.hash().nix32();
    boolean isUsed =
        mappers.uses().lockUnused(key, nar.storedAt().toEpochMilli(), nar.usedMinute()) == 0;
    if (isUsed || mappers.pins().mayBePinned(key)) {
      return false;
    }
    DeleteUnnamedNar.delete(mappers, key, mappers.nars().find(key), deleteAfter);
    return true;
  }
}
