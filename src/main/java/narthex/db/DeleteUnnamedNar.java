package narthex.db;

import java.time.Instant;
import java.util.List;
import narthex.db.Transactions.Mappers;

/**
 * Deletes a NAR that no narinfo is of, and lists its blobs as garbage; one attempt, in one
 * transaction. The row of the NAR is locked first, so that it and a narinfo that is being uploaded
 * wait for each other.
 */
final class DeleteUnnamedNar {
  private final Mappers mappers;
  private final String narHash;

  DeleteUnnamedNar(Mappers mappers, String narHash) {
    this.mappers = mappers;
    this.narHash = narHash;
  }

  /** Returns false if the NAR is not stored or a narinfo is of it. */
  boolean run(Instant deleteAfter) {
    mappers.nars().lockNar(narHash);
    List<RepresentationColumns> rows = mappers.nars().find(narHash);
    if (rows.isEmpty() || mappers.narInfos().findPathOf(narHash) != null) {
      return false;
    }
    rows.forEach(row -> GarbageTable.add(mappers, row, deleteAfter));
    mappers.chunks().deleteParts(narHash);
    mappers.nars().deleteRepresentations(narHash);
    mappers.nars().deleteNarIfEmpty(narHash);
    return true;
  }
}
