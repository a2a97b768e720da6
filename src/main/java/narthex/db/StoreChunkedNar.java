package narthex.db;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import narthex.db.Transactions.Mappers;
import narthex.nix.Sha256;

/**
 * Stores a NAR as chunks; one attempt, in one transaction.
 *
 * <h2>Races</h2>
 *
 * Writers of one NAR wait for each other at its row. Of two writers of one chunk the second waits
 * for the first at the chunk's row, and then takes over its number and the length of its frame, in
 * the parts of the manifest and in what follows from them. All write chunks in the order of their
 * hashes, so that none waits for another in a circle.
 */
final class StoreChunkedNar {
  private final Mappers mappers;
  private final RepresentationColumns columns;

  /**
   * The chunk of another in place of ours.
   *
   * @param number its number
   * @param longer how many bytes its frame is longer than ours
   */
  private record Other(long number, int longer) {}

  /** By the number of ours. */
  private final Map<Long, Other> others = new HashMap<>();

  /** Condemned chunks that got our frames, so that NARs before may have other frames now. */
  private final Set<Long> revived = new HashSet<>();

  StoreChunkedNar(Mappers mappers, RepresentationColumns columns) {
    this.mappers = mappers;
    this.columns = columns;
  }

  /**
   * Returns false if the NAR is stored as chunks already.
   *
   * @throws UncheckedIOException with a {@link ChunksCondemnedException}: to be rolled back
   */
  boolean run(Iterable<ChunkPlace> newChunks, Iterable<ManifestPart> parts) {
    mappers.nars().storeNar(columns);
    if (mappers.nars().count(columns) > 0) {
      return false;
    }
    storeChunks(newChunks);
    requireNoGarbage(newChunks);
    long longer = storeParts(parts);
    mappers.nars().storeRepresentation(columns.longer(longer));
    mappers.nars().supersede(columns);
    if (!revived.isEmpty()) {
      mappers.chunkingQueue().countRewritten();
      forgetFramesHashes();
    }
    mappers.narInfos().nameItself(columns.narHash());
    return true;
  }

  private void storeChunks(Iterable<ChunkPlace> newChunks) {
    long[] ours = InsertChunks.run(mappers.connection(), newChunks);
    if (count(ours) == ours.length) {
      return;
    }
    List<ChunkColumns> batch = new ArrayList<>();
    for (ChunkPlace chunk : newChunks) {
      batch.add(ChunkColumns.of(chunk));
      if (batch.size() == ChunkTable.ROWS_AT_ONCE) {
        takeOver(batch);
        batch.clear();
      }
    }
    if (!batch.isEmpty()) {
      takeOver(batch);
    }
  }

  /**
   * A pack of a flight that took longer than the grace of unnamed blobs may be listed as garbage.
   * Whoever deletes it looks for rows first, so one of the two sees the other.
   */
  private void requireNoGarbage(Iterable<ChunkPlace> newChunks) {
    Set<String> packs = new LinkedHashSet<>();
    newChunks.forEach(chunk -> packs.add(chunk.pack()));
    List<String> all = List.copyOf(packs);
    for (int from = 0; from < all.size(); from += ChunkTable.ROWS_AT_ONCE) {
      List<String> some = all.subList(from, Math.min(all.size(), from + ChunkTable.ROWS_AT_ONCE));
      int listed = mappers.garbage().findListed(some).size();
      if (listed > 0) {
        throw new UncheckedIOException(new ChunksCondemnedException(listed, packs.size()));
      }
    }
  }

  /** How many of these numbers, each there once, are those of chunks that are not condemned. */
  private long count(long[] numbers) {
    long stored = 0;
    List<Long> single = new ArrayList<>();
    for (NumberRun run : NumberRun.of(numbers, Integer.MAX_VALUE)) {
      if (run.length() > 1) {
        stored += mappers.chunks().countRun(run);
      } else {
        single.add(run.first());
      }
    }
    for (int from = 0; from < single.size(); from += ChunkTable.ROWS_AT_ONCE) {
      stored +=
          mappers
              .chunks()
              .countNumbers(
                  single.subList(from, Math.min(single.size(), from + ChunkTable.ROWS_AT_ONCE)));
    }
    return stored;
  }

  /** Another writer stored some of them first. */
  private void takeOver(List<ChunkColumns> batch) {
    Map<Sha256, ChunkColumns> there = new HashMap<>();
    for (ChunkColumns row :
        mappers.chunks().find(batch.stream().map(ChunkColumns::hash).toList())) {
      there.put(Sha256.of(row.hash()), row);
    }
    for (ChunkColumns ours : batch) {
      ChunkColumns stored = there.get(Sha256.of(ours.hash()));
      if (stored == null) {
        throw new UncheckedIOException(new ChunksCondemnedException(1, batch.size()));
      }
      if (stored.number() != ours.number()) {
        if (stored.pack().equals(ours.pack())) {
          revived.add(stored.number());
        }
        others.put(
            ours.number(), new Other(stored.number(), stored.storedLength() - ours.storedLength()));
      }
    }
  }

  /** Returns how many bytes all frames are longer than those that were thought to be stored. */
  private long storeParts(Iterable<ManifestPart> parts) {
    long longer = 0;
    for (ManifestPart part : parts) {
      long before = longer;
      long[] numbers = part.numbers().clone();
      for (int i = 0; i < numbers.length; i++) {
        Other other = others.get(numbers[i]);
        if (other != null) {
          longer += other.longer();
          numbers[i] = other.number();
        }
      }
      requireStored(numbers);
      mappers
          .chunks()
          .storePart(
              ManifestPartColumns.of(
                  columns.narHash(),
                  new ManifestPart(
                      part.part(),
                      part.narOffset(),
                      part.framesOffset() + before,
                      part.length(),
                      part.framesLength() + longer - before,
                      numbers)));
    }
    return longer;
  }

  /**
   * Forgets the hashes of frames of the NARs that have a revived chunk. Which these are is in no
   * index, as chunks are hardly ever lost: the manifests of all NARs with such a hash are read.
   */
  private void forgetFramesHashes() {
    ChunkingQueueMapper queue = mappers.chunkingQueue();
    List<ManifestPartColumns> parts = queue.findHashedParts("", 0, ChunkTable.ROWS_AT_ONCE);
    while (!parts.isEmpty()) {
      Set<String> concerned = new HashSet<>();
      for (ManifestPartColumns part : parts) {
        if (LongStream.of(part.manifestPart().numbers()).anyMatch(revived::contains)) {
          concerned.add(part.narHash());
        }
      }
      concerned.forEach(queue::forgetFramesHash);
      ManifestPartColumns last = parts.get(parts.size() - 1);
      parts = queue.findHashedParts(last.narHash(), last.part(), ChunkTable.ROWS_AT_ONCE);
    }
  }

  /** A chunk that was found when it was cut may have been condemned since. */
  private void requireStored(long[] numbers) {
    long[] different = LongStream.of(numbers).sorted().distinct().toArray();
    long stored = count(different);
    if (stored != different.length) {
      throw new UncheckedIOException(
          new ChunksCondemnedException(different.length - stored, different.length));
    }
  }
}
