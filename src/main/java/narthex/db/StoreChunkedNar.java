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
import narthex.db.InsertChunks.Existing;
import narthex.nix.Sha256;

/**
 * Stores a NAR as chunks; one attempt, in one transaction.
 *
 * <h2>Races</h2>
 *
 * Writers of the same NAR exclude each other by the lock of its row. If two writers insert the same
 * chunk, the second waits for the first at the chunk's row, and then uses the first one's number
 * and frame length in its manifest. All writers insert chunks sorted by hash, so they can't
 * deadlock.
 */
final class StoreChunkedNar {
  private final Mappers mappers;
  private final RepresentationColumns columns;

  /**
   * The chunk of another writer that replaces ours.
   *
   * @param number its number
   * @param longer length of its frame minus that of ours
   */
  private record Other(long number, int longer) {}

  /** The replaced chunks, by our number. */
  private final Map<Long, Other> others = new HashMap<>();

  /** Condemned chunks that got our frames: other NARs with them may have different frames now. */
  private final Set<Long> revived = new HashSet<>();

  /** Packs of ours with a frame that is not used. */
  private final Set<String> sparse = new HashSet<>();

  StoreChunkedNar(Mappers mappers, RepresentationColumns columns) {
    this.mappers = mappers;
    this.columns = columns;
  }

  /**
   * Returns false if the NAR is already stored as chunks.
   *
   * @throws UncheckedIOException with a {@link ChunksCondemnedException} as cause; the caller must
   *     roll back
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
    long[] ours = InsertChunks.run(mappers.connection(), newChunks, Existing.REPAIRED);
    if (count(ours) == ours.length) {
      return;
    }
    List<ChunkColumns> batch = new ArrayList<>();
    for (ChunkPlace chunk : newChunks) {
      batch.add(ChunkColumns.of(chunk));
      if (batch.size() == Batches.ROWS_AT_ONCE) {
        takeOver(batch);
        batch.clear();
      }
    }
    if (!batch.isEmpty()) {
      takeOver(batch);
    }
    sparse.forEach(mappers.collection()::addSparse);
  }

  /**
   * Throws if a pack of ours is listed as garbage: that happens if the NAR took longer than the
   * grace of blobs without rows. The job that deletes garbage checks for rows first, so either this
   * transaction sees the list or that job sees our rows.
   */
  private void requireNoGarbage(Iterable<ChunkPlace> newChunks) {
    Set<String> packs = new LinkedHashSet<>();
    newChunks.forEach(chunk -> packs.add(chunk.pack()));
    for (List<String> some : Batches.of(List.copyOf(packs))) {
      int listed = mappers.garbage().findListed(some).size();
      if (listed > 0) {
        throw new UncheckedIOException(new ChunksCondemnedException(listed, packs.size()));
      }
    }
  }

  /** Counts the chunks with these numbers, without duplicates, that aren't condemned. */
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
    for (List<Long> some : Batches.of(single)) {
      stored += mappers.chunks().countNumbers(some);
    }
    return stored;
  }

  /** Finds the chunks of a batch that another writer stored first. */
  private void takeOver(List<ChunkColumns> batch) {
    List<byte[]> hashes = batch.stream().map(ChunkColumns::hash).toList();
    mappers.collection().useAgain(hashes);
    Map<Sha256, ChunkColumns> there = new HashMap<>();
    for (ChunkColumns row : mappers.chunks().find(hashes)) {
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
        } else {
          sparse.add(ours.pack());
        }
        others.put(
            ours.number(), new Other(stored.number(), stored.storedLength() - ours.storedLength()));
      }
    }
  }

  /**
   * Stores the manifest; returns by how many bytes all frames together are longer than expected.
   */
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
   * Forgets the hashes of frames of all NARs with a revived chunk. Chunks are hardly ever lost, so
   * there is no index for this: it reads the manifests of all NARs with such a hash.
   */
  private void forgetFramesHashes() {
    ChunkingQueueMapper queue = mappers.chunkingQueue();
    List<ManifestPartColumns> parts = queue.findHashedParts("", 0, Batches.ROWS_AT_ONCE);
    while (!parts.isEmpty()) {
      Set<String> concerned = new HashSet<>();
      for (ManifestPartColumns part : parts) {
        if (LongStream.of(part.manifestPart().numbers()).anyMatch(revived::contains)) {
          concerned.add(part.narHash());
        }
      }
      concerned.forEach(queue::forgetFramesHash);
      ManifestPartColumns last = parts.get(parts.size() - 1);
      parts = queue.findHashedParts(last.narHash(), last.part(), Batches.ROWS_AT_ONCE);
    }
  }

  /**
   * Throws if a chunk was found lost after the writer had found it, or was removed. Takes away the
   * mark of a chunk that no manifest referred to before.
   */
  private void requireStored(long[] numbers) {
    long[] different = LongStream.of(numbers).sorted().distinct().toArray();
    long stored = count(different);
    if (stored != different.length) {
      useAgain(different);
      stored = count(different);
    }
    if (stored != different.length) {
      throw new UncheckedIOException(
          new ChunksCondemnedException(different.length - stored, different.length));
    }
  }

  private void useAgain(long[] numbers) {
    Batches.of(LongStream.of(numbers).boxed().toList())
        .forEach(mappers.collection()::useNumbersAgain);
  }
}
