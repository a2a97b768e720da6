package narthex.db;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import narthex.db.InsertChunks.Existing;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/** The tables of chunks and manifests. No statement grows with the size of a NAR. Thread-safe. */
public final class ChunkTable {
  private final Transactions transactions;

  ChunkTable(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * Finds stored chunks by their hashes. Condemned chunks don't count as stored.
   *
   * @throws DatabaseException if the query fails
   */
  public Map<Sha256, ChunkPlace> find(Collection<Sha256> names) throws IOException {
    List<byte[]> all = names.stream().map(Sha256::bytes).toList();
    Map<Sha256, ChunkPlace> found = new HashMap<>();
    for (List<byte[]> some : Batches.of(all)) {
      for (ChunkColumns row :
          transactions.single(
              "find chunks", some.size() + " names", mappers -> mappers.chunks().find(some))) {
        ChunkPlace place = row.place();
        found.put(place.hash(), place);
      }
    }
    return found;
  }

  /**
   * Reserves consecutive numbers for new chunks. The caller need not use all of them.
   *
   * @param count how many numbers
   * @return the first number
   * @throws DatabaseException if the transaction fails
   */
  public long takeNumbers(int count) throws IOException {
    return transactions.together(
        "take chunk numbers",
        Integer.toString(count),
        mappers -> {
          mappers.chunks().advance(count);
          return mappers.chunks().nextNumber() - count;
        });
  }

  /**
   * Stores chunks of a NAR that is still being stored, so that other NARs can refer to them. Those
   * that no NAR will refer to are collected later. A chunk that is already stored, even if it was
   * found damaged, is left as it is: repairing it concerns other NARs, which the transaction of
   * this NAR takes care of.
   *
   * @param chunks in the order of their hashes, like those of every writer, so that two writers
   *     can't deadlock
   * @return those of the chunks that were stored; the NAR has to refer to others in place of the
   *     rest
   * @throws DatabaseException if the transaction fails
   */
  public List<ChunkPlace> store(List<ChunkPlace> chunks) throws IOException {
    return transactions.together(
        "store chunks",
        chunks.size() + " chunks",
        mappers -> {
          InsertChunks.run(mappers.connection(), chunks, Existing.KEPT);
          Map<Sha256, Long> numbers = new HashMap<>();
          List<byte[]> hashes = chunks.stream().map(chunk -> chunk.hash().bytes()).toList();
          for (List<byte[]> some : Batches.of(hashes)) {
            mappers
                .chunks()
                .find(some)
                .forEach(row -> numbers.put(row.place().hash(), row.number()));
          }
          return chunks.stream()
              .filter(chunk -> numbers.getOrDefault(chunk.hash(), 0L) == chunk.number())
              .toList();
        });
  }

  /**
   * Finds the part of a manifest with this offset of the NAR, by one indexed statement. Empty if
   * the NAR isn't stored as chunks or is shorter.
   *
   * @throws DatabaseException if the query fails
   */
  public Optional<ManifestPart> findPart(Sha256 narHash, long narOffset) throws IOException {
    return findPart(
            "find manifest part", narHash, mapper -> mapper.findPart(narHash.nix32(), narOffset))
        .filter(part -> narOffset < part.narOffset() + part.length());
  }

  /**
   * Finds the part of a manifest with this offset of the concatenated frames, by one indexed
   * statement. Empty if the NAR isn't stored as chunks or the frames are shorter.
   *
   * @throws DatabaseException if the query fails
   */
  public Optional<ManifestPart> findPartOfFrames(Sha256 narHash, long framesOffset)
      throws IOException {
    return findPart(
            "find manifest part of frames",
            narHash,
            mapper -> mapper.findPartOfFrames(narHash.nix32(), framesOffset))
        .filter(part -> framesOffset < part.framesOffset() + part.framesLength());
  }

  /** One statement that returns a part or null. */
  private interface PartQuery {
    @Nullable ManifestPartColumns find(ChunkMapper mapper);
  }

  private Optional<ManifestPart> findPart(String what, Sha256 narHash, PartQuery query)
      throws IOException {
    return transactions.single(
        what,
        narHash.nix32(),
        mappers ->
            Optional.ofNullable(query.find(mappers.chunks()))
                .map(ManifestPartColumns::manifestPart));
  }

  /**
   * Finds the places of chunks, including condemned ones.
   *
   * @param numbers the numbers of the chunks, in any order, possibly with duplicates
   * @return a place for each number, in the same order
   * @throws NoSuchChunkException if a number has no row
   * @throws DatabaseException if the query fails
   */
  public List<ChunkPlace> places(long[] numbers) throws IOException {
    Map<Long, ChunkPlace> found = new HashMap<>();
    NumberRun.Split split = NumberRun.split(numbers, Batches.ROWS_AT_ONCE);
    for (NumberRun run : split.runs()) {
      keep(run.toString(), mapper -> mapper.findRun(run), found);
    }
    for (List<Long> some : Batches.of(split.scattered())) {
      keep(some.size() + " numbers", mapper -> mapper.findNumbers(some), found);
    }
    List<ChunkPlace> places = new ArrayList<>(numbers.length);
    for (long number : numbers) {
      ChunkPlace place = found.get(number);
      if (place == null) {
        throw new NoSuchChunkException(number);
      }
      places.add(place);
    }
    return places;
  }

  /** One statement that returns chunks. */
  private interface ChunkQuery {
    List<ChunkColumns> find(ChunkMapper mapper);
  }

  private void keep(String which, ChunkQuery query, Map<Long, ChunkPlace> found)
      throws IOException {
    for (ChunkColumns row :
        transactions.single("find chunks", which, mappers -> query.find(mappers.chunks()))) {
      found.put(row.number(), row.place());
    }
  }

  /**
   * Condemns a chunk that can't be read from its place. {@link #find} then no longer returns it, so
   * that the next NAR with it stores it again. It keeps its number, which repairs every other NAR
   * that contains it.
   *
   * @return false, without a change, if the chunk is no longer in this pack
   * @throws DatabaseException if the transaction fails
   */
  public boolean condemn(ChunkPlace place) throws IOException {
    return transactions.together(
        "condemn chunk",
        Long.toString(place.number()),
        mappers -> mappers.chunks().condemn(place.number(), place.pack()) > 0);
  }

  /**
   * Condemns all chunks of a lost pack, like {@link #condemn}.
   *
   * @return false, without a change, if no chunk is in this pack
   * @throws DatabaseException if the transaction fails
   */
  public boolean condemnPack(String pack) throws IOException {
    return transactions.together(
        "condemn pack", pack, mappers -> mappers.chunks().condemnPack(pack) > 0);
  }

  /**
   * Whether any chunk's row refers to this pack.
   *
   * @throws DatabaseException if the query fails
   */
  public boolean isPackNamed(String pack) throws IOException {
    return transactions.single(
        "find chunk in pack", pack, mappers -> mappers.chunks().findInPack(pack) != null);
  }

  /**
   * Finds the chunk sizes that this database was first used with; empty if it has none yet.
   *
   * @throws DatabaseException if the query fails
   */
  public Optional<String> findSizes() throws IOException {
    return transactions.single(
        "find chunk sizes", "", mappers -> Optional.ofNullable(mappers.chunks().findSizes()));
  }

  /**
   * Stores the chunk sizes unless the database already has some.
   *
   * @return the stored sizes
   * @throws DatabaseException if the transaction fails
   */
  public String keepSizes(String sizes) throws IOException {
    return transactions.together(
        "keep chunk sizes",
        sizes,
        mappers -> {
          mappers.chunks().storeSizes(sizes);
          String kept = mappers.chunks().findSizes();
          return kept == null ? sizes : kept;
        });
  }
}
