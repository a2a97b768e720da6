package narthex.db;

import java.time.Instant;
import java.util.List;

/**
 * Deletes a NAR that no narinfo refers to; one attempt, in one transaction. Locks the NAR's row
 * first, which excludes a concurrent {@link StoreUploadedNarInfo}.
 */
final class DeleteUnnamedNar {
  private final Mappers mappers;
  private final String narHash;

  DeleteUnnamedNar(Mappers mappers, String narHash) {
    this.mappers = mappers;
    this.narHash = narHash;
  }

  /**
   * Returns false if the NAR isn't stored, was last stored at {@code storedBefore} or later, or a
   * narinfo refers to it.
   */
  boolean run(Instant storedBefore, Instant deleteAfter) {
    mappers.nars().lockNar(narHash);
    List<RepresentationColumns> rows = mappers.nars().find(narHash);
    if (rows.isEmpty()
        || !Instant.ofEpochMilli(rows.get(0).storedAt()).isBefore(storedBefore)
        || mappers.narInfos().findPathOf(narHash) != null) {
      return false;
    }
    delete(mappers, narHash, rows, deleteAfter);
    return true;
  }

  /**
   * Deletes a NAR, whose row must be locked, and lists its blobs as garbage.
   *
   * @param rows all its representations
   */
  static void delete(
      Mappers mappers, String narHash, List<RepresentationColumns> rows, Instant deleteAfter) {
    rows.forEach(row -> GarbageTable.add(mappers, row, deleteAfter));
    mappers.chunks().deleteParts(narHash);
    mappers.nars().deleteRepresentations(narHash);
    mappers.nars().deleteNarIfEmpty(narHash);
  }
}
