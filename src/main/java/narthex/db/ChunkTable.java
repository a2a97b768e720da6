package narthex.db;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * The rows of chunks, and of which chunks a NAR consists. No statement grows with a NAR. Safe for
 * use by several threads.
 */
public final class ChunkTable {
  /** Rows, or parameters, of one statement: far below what either database takes. */
  static final int ROWS_AT_ONCE = 500;

  /** Numbers that follow each other are asked for as a run from this many on. */
  private static final int SHORTEST_RUN = 8;

  private final Transactions transactions;

  ChunkTable(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * Finds the chunks with these names that are stored; condemned ones are not.
   *
   * @throws DatabaseException if the database cannot tell
   */
  public Map<Sha256, ChunkPlace> find(Collection<Sha256> names) throws IOException {
    List<byte[]> all = names.stream().map(Sha256::bytes).toList();
    Map<Sha256, ChunkPlace> found = new HashMap<>();
    for (int from = 0; from < all.size(); from += ROWS_AT_ONCE) {
      List<byte[]> some = all.subList(from, Math.min(all.size(), from + ROWS_AT_ONCE));
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
   * Takes numbers for new chunks, which nobody else gets; they need not be used.
   *
   * @param count how many
   * @return the first; the others follow it
   * @throws DatabaseException if the database cannot give any
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
   * Finds the part of a NAR's manifest in which this byte of the NAR is, by one indexed statement;
   * empty if the NAR is not stored as chunks or has fewer bytes.
   *
   * @throws DatabaseException if the database cannot tell
   */
  public Optional<ManifestPart> findPart(Sha256 narHash, long narOffset) throws IOException {
    return findPart(
            "find manifest part", narHash, mapper -> mapper.findPart(narHash.nix32(), narOffset))
        .filter(part -> narOffset < part.narOffset() + part.length());
  }

  /**
   * Finds the part of a NAR's manifest in which this byte of its frames is, were they put back to
   * back, by one indexed statement; empty if the NAR is not stored as chunks or they are shorter.
   *
   * @throws DatabaseException if the database cannot tell
   */
  public Optional<ManifestPart> findPartOfFrames(Sha256 narHash, long framesOffset)
      throws IOException {
    return findPart(
            "find manifest part of frames",
            narHash,
            mapper -> mapper.findPartOfFrames(narHash.nix32(), framesOffset))
        .filter(part -> framesOffset < part.framesOffset() + part.framesLength());
  }

  /** One statement that gives a part or nothing. */
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
   * Finds where chunks are, condemned ones too.
   *
   * @param numbers which, in any order, each as often as wanted
   * @return as many places, in the same order
   * @throws NoSuchChunkException if one surely has no row
   * @throws DatabaseException if the database cannot tell
   */
  public List<ChunkPlace> places(long[] numbers) throws IOException {
    Map<Long, ChunkPlace> found = new HashMap<>();
    List<Long> scattered = new ArrayList<>();
    for (NumberRun run : NumberRun.of(numbers, ROWS_AT_ONCE)) {
      if (run.length() >= SHORTEST_RUN) {
        keep(run.toString(), mapper -> mapper.findRun(run), found);
      } else {
        for (long number = run.first(); number <= run.last(); number++) {
          scattered.add(number);
        }
      }
    }
    for (int from = 0; from < scattered.size(); from += ROWS_AT_ONCE) {
      List<Long> some = scattered.subList(from, Math.min(scattered.size(), from + ROWS_AT_ONCE));
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

  /** One statement that gives chunks. */
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
   * Condemns a chunk that cannot be read where it is said to be: it is not found any more, and
   * written anew when it comes again. It keeps its number then, so that every NAR it belongs to is
   * whole again.
   *
   * @return false, and nothing is changed, if it is not there any more
   * @throws DatabaseException if it could not be condemned
   */
  public boolean condemn(ChunkPlace place) throws IOException {
    return transactions.together(
        "condemn chunk",
        Long.toString(place.number()),
        mappers -> mappers.chunks().condemn(place.number(), place.pack()) > 0);
  }

  /**
   * Condemns all chunks that are said to be in a pack which is lost, like {@link #condemn}.
   *
   * @return false, and nothing is changed, if none is
   * @throws DatabaseException if they could not be condemned
   */
  public boolean condemnPack(String pack) throws IOException {
    return transactions.together(
        "condemn pack", pack, mappers -> mappers.chunks().condemnPack(pack) > 0);
  }

  /**
   * Whether a chunk is said to be in this pack.
   *
   * @throws DatabaseException if the database cannot tell
   */
  public boolean isPackNamed(String pack) throws IOException {
    return transactions.single(
        "find chunk in pack", pack, mappers -> mappers.chunks().findInPack(pack) != null);
  }

  /**
   * Finds with which sizes the first chunk was cut; empty if there is none yet.
   *
   * @throws DatabaseException if the database cannot tell
   */
  public Optional<String> findSizes() throws IOException {
    return transactions.single(
        "find chunk sizes", "", mappers -> Optional.ofNullable(mappers.chunks().findSizes()));
  }

  /**
   * Keeps the sizes with which the first chunk is cut; those that are kept stay.
   *
   * @return the sizes that are kept
   * @throws DatabaseException if they could not be kept
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
